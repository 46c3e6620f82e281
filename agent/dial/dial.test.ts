import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Client, connect } from "../../contract/index.ts";
import { openTunnel, type Tunnel, tunnelGreeting } from "../../contract/tunnel/index.ts";
import { serveDial } from "./index.ts";

let folder: string;
let socket: string;
let server: Server;
let accepted: Socket[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "dial-"));
  socket = join(folder, "agent.sock");
  accepted = [];
  server = createServer((request, response) => {
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ path: request.url, size, digests: [], items: [] }));
    });
  });
  server.on("connection", (connection) => accepted.push(connection));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

interface Dialled {
  readonly tunnel: Tunnel;
  readonly client: Client;
  readonly served: Promise<void>;
}

async function dial(chatter = "", path = socket): Promise<Dialled> {
  const [near, far] = duplexPair();
  far.write(chatter);
  const served = serveDial(far, path);
  const tunnel = await openTunnel(near, "there", 5_000);
  const options = { connectTimeoutMs: 300 };
  return { tunnel, served, client: connect({ name: "ssh://there", dial: tunnel.dial }, options) };
}

describe("dial", () => {
  test("answers come back, also after what a login's scripts print, and a connection is kept", async () => {
    const { client, tunnel, served } = await dial("Welcome to there\nconstellation-\n");
    expect(await client.info()).toMatchObject({ path: "/v1/info" });
    expect(await client.info()).toMatchObject({ path: "/v1/info" });
    expect(accepted).toHaveLength(1);
    tunnel.close();
    await served;
  });

  test("many go on at once, and each of their bodies arrives whole", async () => {
    const { client, tunnel, served } = await dial();
    const size = 3 * 1024 * 1024;
    const upload = () =>
      client.putBlob(
        "sha256:00",
        (async function* () {
          for (let sent = 0; sent < size; sent += 65_536) yield Buffer.alloc(Math.min(65_536, size - sent));
        })(),
        size,
      );
    const answers = await Promise.all(Array.from({ length: 20 }, upload));
    expect(answers).toEqual(Array.from({ length: 20 }, () => expect.objectContaining({ size })));
    tunnel.close();
    await served;
  });

  test("an agent that does not listen is told as on its own machine", async () => {
    const { client, tunnel } = await dial("", join(folder, "gone", "agent.sock"));
    await expect(client.info()).rejects.toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("ssh://there: no agent listens"),
    });
    tunnel.close();
  });

  test("a connection that the agent cuts is cut here, and the next request gets another", async () => {
    const { client, tunnel } = await dial();
    await client.info();
    for (const connection of accepted) connection.destroy();
    expect(await client.info()).toMatchObject({ path: "/v1/info" });
    expect(accepted).toHaveLength(2);
    tunnel.close();
  });

  test("once the line is gone nothing hangs", async () => {
    const [near, far] = duplexPair();
    void serveDial(far, socket);
    const tunnel = await openTunnel(near, "there", 5_000);
    far.destroy();
    near.destroy();
    await tunnel.closed;
    await expect(tunnel.dial()).rejects.toMatchObject({ code: "unreachable" });
  });
});

describe("whoever answers without the greeting", () => {
  test("and ends is no agent", async () => {
    const [near, far] = duplexPair();
    far.end("sh: constellation-agent: not found\n");
    await expect(openTunnel(near, "there", 5_000)).rejects.toMatchObject({ code: "unreachable" });
  });

  test("and goes on and on is none either", async () => {
    const [near, far] = duplexPair();
    far.write("x".repeat(70_000));
    await expect(openTunnel(near, "there", 5_000)).rejects.toMatchObject({ code: "unreachable" });
  });

  test("and says nothing is waited for so long only", async () => {
    const [near, far] = duplexPair();
    far.write(tunnelGreeting.slice(0, 5));
    await expect(openTunnel(near, "there", 20)).rejects.toMatchObject({ code: "timeout" });
  });
});
