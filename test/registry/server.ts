import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine, MachineProcess } from "../lab/index.ts";
import { settled } from "./answers.ts";
import { registryConfig } from "./config.ts";

export interface RegistryOptions {
  /** A port of the machine's loopback, at `address` where 127.0.0.1 is not meant. */
  readonly port: number;
  readonly address?: string;
  /** Asks for the one user's name and password. */
  readonly auth?: boolean;
  /** Speaks TLS, with this certificate and key in PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A real registry (Debian's docker-registry) in a machine, and its content below a folder. */
export interface RegistryServer {
  /** As references name it. */
  readonly host: string;
  /** Where it keeps what it serves; outlives a stop. */
  readonly storage: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The requests it has answered so far, a line each: `HEAD /v2/app/manifests/1 200`. */
  requests(): Promise<string[]>;
}

/** Whom a registry with `auth` lets in. */
export const user = { username: "ann", password: "Gr33n-Tree-Sings" };
/** Of that password, with the cheapest bcrypt there is. */
const passwordHash = "$2b$04$abcdefghijklmnopqrstuurK3QndxQJIuXGpWGCA4WywWlAzxZ0ki";

export async function startRegistry(machine: Machine, options: RegistryOptions): Promise<RegistryServer> {
  const { port, address = "127.0.0.1", auth = false, tls } = options;
  const folder = join(machine.root, `registry-${address}-${port}`);
  const [config, log, storage] = ["config.json", "log", "storage"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const users = join(folder, "htpasswd");
  await mkdir(storage, { recursive: true });
  await writeFile(users, `${user.username}:${passwordHash}\n`);
  await writeFile(log, "");
  const htpasswd = { htpasswd: { realm: "test", path: users } };
  await writeFile(
    config,
    registryConfig({ address: `${address}:${port}`, storage, tls, auth: auth ? htpasswd : undefined }),
  );
  let server: MachineProcess | undefined;
  const registry: RegistryServer = {
    host: `localhost:${port}`,
    storage,
    async start() {
      server = await machine.spawn(["sh", "-c", `exec docker-registry serve ${config} >>${log} 2>&1`]);
      await settled(machine, port, address);
    },
    async stop() {
      server?.kill("SIGKILL");
      await server?.exited;
    },
    async requests() {
      const lines = (await readFile(log, "utf8")).split("\n");
      return lines.flatMap((line) => {
        const [, method, path, status] = /"([A-Z]+) (\S+) HTTP\/[\d.]+" (\d+)/.exec(line) ?? [];
        return method === undefined || path === "/" ? [] : [`${method} ${path} ${status}`];
      });
    },
  };
  await registry.start();
  return registry;
}
