import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Assignment, Endpoint, RoutedPort, ServiceRoute } from "../../agent/session/index.ts";
import { agentPaths } from "../../contract/index.ts";
import type { Inside, MachineProcess } from "../lab/index.ts";
import type { Request } from "./host.ts";

const program = (name: string) => join(import.meta.dirname, `${name}.ts`);

export const gateway = "10.64.0.1";
export const hostAddresses = {
  name: "alpha",
  cidr: "10.64.0.0/22",
  gateway,
  clusterCidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
};

/** The agent's network in a machine. */
export interface Host {
  readonly paths: ReturnType<typeof agentPaths>;
  readonly process: MachineProcess;
  /** Resolves once the rules and the name server's files follow from it. */
  assign(
    services: readonly ServiceRoute[],
    more?: Partial<Pick<Assignment, "placements" | "specs" | "peers" | "networks">>,
  ): Promise<void>;
  plugIn(
    id: string,
    address: string,
    more?: { readonly cloudMetadata?: boolean; readonly hasNetworks?: boolean },
  ): Promise<string>;
  unplug(id: string): Promise<void>;
  /** Of its end of a tunnel, in base64. */
  publicKey(): Promise<string>;
  log(): string;
  /** Everything stays as it is. */
  stop(): Promise<void>;
}

/** @param addresses its part of the cluster's network */
export async function startHost(
  machine: Inside,
  addresses: Assignment["host"] = hostAddresses,
): Promise<Host> {
  const child = await machine.spawn([process.execPath, program("host"), machine.root]);
  const waiting = new Map<number, (answer: Record<string, string>) => void>();
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    const { number, ...answer } = JSON.parse(line);
    waiting.get(number)?.(answer);
  });
  void child.exited.then(() => waiting.forEach((resolve) => void resolve({ error: "it has ended" })));
  let log = "";
  child.stderr?.on("data", (data) => (log += data));
  let [number, revision] = [0, 0];
  const ask = async (request: Request): Promise<Record<string, string>> => {
    number++;
    child.stdin?.write(`${JSON.stringify({ ...request, number })}\n`);
    const answer = await new Promise<Record<string, string>>((resolve) => waiting.set(number, resolve));
    if (answer.error !== undefined) throw new Error(`${answer.error}\n${log}`);
    return answer;
  };
  const paths = agentPaths(machine.root);
  return {
    paths,
    process: child,
    async assign(services, more = {}) {
      // The name server is told last, so what it has of this pass tells that the rest is done.
      const marker = service(`pass-${child.pid}-${++revision}`, "240.255.255.254", [], { namespace: "lab" });
      const given = { host: addresses, services: [...services, marker], revision };
      const nothing = { placements: [], specs: {}, secrets: {}, configs: {}, registries: {} };
      await ask({ kind: "assign", assignment: { ...nothing, ...given, ...more } });
      const file = join(paths.runDir, "dns", "hosts");
      await until(() => existsSync(file) && readFileSync(file, "utf8").includes(` ${marker.name}.lab.`));
    },
    plugIn: async (id, address, more) =>
      (await ask({ kind: "plug in", id, address, ...more })).netnsFile ?? "",
    unplug: async (id) => void (await ask({ kind: "unplug", id })),
    publicKey: async () => (await ask({ kind: "public key" })).publicKey ?? "",
    log: () => log,
    async stop() {
      child.stdin?.end();
      await child.exited;
    },
  };
}

/** A service of the namespace `shop`. */
export function service(
  name: string,
  address: string,
  endpoints: readonly Endpoint[],
  more: Partial<ServiceRoute> = {},
): ServiceRoute {
  const uid = `uid-${name}`;
  return {
    uid,
    namespace: "shop",
    name,
    aliases: [],
    address,
    discovery: "virtual",
    ports: [],
    endpoints,
    ...more,
  };
}

export function endpoint(name: string, address: string, host = "alpha"): Endpoint {
  return { instance: `${name}-5f3a9c`, name, address, host };
}

export function port(port: number, more: Partial<RoutedPort> = {}): RoutedPort {
  return { protocol: "tcp", port, targetPort: port, ...more };
}

/** Starts a server in a network namespace (absent: the machine's own); it serves once this resolves. */
export async function serve(
  machine: Inside,
  netnsFile: string | undefined,
  name: string,
  ...ports: readonly string[]
): Promise<MachineProcess> {
  const command = [process.execPath, program("server"), name, ...ports];
  const child = await machine.spawn(within(netnsFile, command), { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout as NodeJS.ReadableStream, "data", { signal: AbortSignal.timeout(10_000) });
  return child;
}

/** Who answers `times` new connections or datagrams: `NAME CLIENT_ADDRESS`, or an error's code. */
export async function ask(
  machine: Inside,
  netnsFile: string | undefined,
  protocol: "tcp" | "udp",
  address: string,
  port: number,
  times = 1,
): Promise<string[]> {
  const command = [process.execPath, program("client"), protocol, address, String(port), String(times)];
  return JSON.parse(await machine.output(within(netnsFile, command), { timeoutMs: 30_000 }));
}

export async function query(
  machine: Inside,
  netnsFile: string | undefined,
  type: "A" | "AAAA",
  ...names: readonly string[]
): Promise<Record<string, string>> {
  return await queryAt(machine, netnsFile, gateway, type, ...names);
}

export async function queryAt(
  machine: Inside,
  netnsFile: string | undefined,
  nameServer: string,
  type: "A" | "AAAA",
  ...names: readonly string[]
): Promise<Record<string, string>> {
  const command = [process.execPath, program("query"), nameServer, type, ...names];
  return JSON.parse(await machine.output(within(netnsFile, command)));
}

export function within(netnsFile: string | undefined, command: readonly string[]): string[] {
  return netnsFile === undefined ? [...command] : ["nsenter", `--net=${netnsFile}`, ...command];
}

/** Rejects when the condition still does not hold after the limit. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${limitMs} ms: ${condition}`);
    await delay(10);
  }
}
