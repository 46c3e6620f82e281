import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mediaTypes } from "../../contract/index.ts";
import type { Certificates } from "./certificates.ts";

export interface DockerRegistry {
  /** `127.0.0.1:PORT`, as references name it. */
  readonly host: string;
  stop(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** For its storage, which several may share, and its own files. */
  readonly folder: string;
  readonly tls?: Certificates;
  readonly auth?: object;
}

/** Debian's docker-registry on a free port of the loopback; it ends with this process at the latest. */
export async function startDockerRegistry({
  folder,
  tls,
  auth,
}: DockerRegistryOptions): Promise<DockerRegistry> {
  const port = await freePort();
  const config = join(folder, `registry-${port}.json`); // JSON is YAML
  const http = {
    addr: `127.0.0.1:${port}`,
    ...(tls && { tls: { certificate: tls.certificateFile, key: tls.keyFile } }),
  };
  const storage = { filesystem: { rootdirectory: join(folder, "storage") } };
  await writeFile(
    config,
    JSON.stringify({ version: 0.1, log: { level: "error" }, storage, http, ...(auth && { auth }) }),
  );
  const command = ["--pdeathsig", "KILL", "docker-registry", "serve", config];
  const child = spawn("setpriv", command, { stdio: "ignore" });
  await untilAnswered(child, `${tls ? "https" : "http"}://127.0.0.1:${port}/v2/`);
  return {
    host: `127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** An image as a registry holds it: a manifest or an index, and what it is made of. */
export interface Pushable {
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** By digest, pushed in this order; the last is what the tag will name. */
  readonly manifests: ReadonlyMap<string, { readonly mediaType: string; readonly bytes: Buffer }>;
}

/** Pushes to a registry that asks nobody who they are, by the distribution specification's own two-step upload. */
export async function push(host: string, repository: string, tag: string, image: Pushable): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  for (const [digest, bytes] of image.blobs) {
    const begun = await expectOk(await fetch(`${base}/blobs/uploads/`, { method: "POST" }));
    const url = new URL(begun.headers.get("location") ?? "", base);
    url.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    await expectOk(await fetch(url, { method: "PUT", headers, body: new Uint8Array(bytes) }));
  }
  const last = [...image.manifests.keys()].at(-1);
  for (const [digest, { mediaType, bytes }] of image.manifests) {
    for (const name of digest === last ? [digest, tag] : [digest]) {
      const request = { method: "PUT", headers: { "content-type": mediaType }, body: new Uint8Array(bytes) };
      await expectOk(await fetch(`${base}/manifests/${name}`, request));
    }
  }
}

export const indexType = mediaTypes.index[0];

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`push: ${response.status} ${await response.text()}`);
}

async function untilAnswered(child: ChildProcess, url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const { connect } = await import("node:net");
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const socket = connect(Number(port), hostname);
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await delay(20);
  }
  throw new Error(`docker-registry does not answer at ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
