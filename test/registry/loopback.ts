import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { registryConfig } from "./config.ts";

export interface LoopbackRegistry {
  /** `127.0.0.1:PORT`, as references name it. */
  readonly host: string;
  stop(): Promise<void>;
}

export interface LoopbackOptions {
  /** For its storage, which several may share, and its own files. */
  readonly folder: string;
  /** PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly auth?: object;
}

/** Debian's docker-registry on a free port of the loopback; it ends with this process at the latest. */
export async function startLoopbackRegistry({
  folder,
  tls,
  auth,
}: LoopbackOptions): Promise<LoopbackRegistry> {
  const port = await freePort();
  const config = join(folder, `registry-${port}.json`);
  const address = `127.0.0.1:${port}`;
  const storage = join(folder, "storage");
  await writeFile(config, registryConfig({ address, storage, tls, auth }));
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

async function untilAnswered(child: ChildProcess, url: string): Promise<void> {
  const { hostname, port } = new URL(url);
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
