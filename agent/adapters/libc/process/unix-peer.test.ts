import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { readUnixPeer } from "./unix-peer.ts";

test("reads who connected to a unix socket, and refuses where nobody can be told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "peer-"));
  const server = createServer();
  server.listen(join(folder, "socket"));
  await once(server, "listening");
  const client = connect(join(folder, "socket"));
  const [accepted] = (await once(server, "connection")) as [Socket];
  expect(readUnixPeer(accepted)).toEqual({
    pid: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
  });
  client.destroy();
  accepted.destroy();
  expect(() => readUnixPeer(accepted)).toThrow(expect.objectContaining({ code: "EBADF" }));
  server.close();
  rmSync(folder, { recursive: true });
});

test("a TCP connection has no unix peer", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect(port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  expect(() => readUnixPeer(accepted)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  client.destroy();
  accepted.destroy();
  server.close();
});
