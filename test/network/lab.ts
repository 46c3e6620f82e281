import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Assignment, Endpoint, RoutedPort, ServiceRoute } from "../../agent/session/index.ts";
import { agentPaths } from "../../contract/index.ts";
import type { Machine, MachineProcess } from "../lab/index.ts";
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
  assign(services: readonly ServiceRoute[], placements?: Assignment["placements"]): Promise<void>;
  plugIn(id: string, address: string): Promise<string>;
  unplug(id: string): Promise<void>;
  log(): string;
  /** Everything stays as it is. */
  stop(): Promise<void>;
}

export async function startHost(machine: Machine): Promise<Host> {
  const child = await machine.spawn([process.execPath, program("host"), machine.root]);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  let log = "";
  child.stderr?.on("data", (data) => (log += data));
  let revision = 0;
  const ask = async (request: Request): Promise<Record<string, string>> => {
    child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value } = await lines.next();
    const answer = JSON.parse(value ?? `{"error":"it has ended"}`);
    if (answer.error !== undefined) throw new Error(`${answer.error}\n${log}`);
    return answer;
  };
  return {
    paths: agentPaths(machine.root),
    process: child,
    async assign(services, placements = []) {
      const assignment = { host: hostAddresses, placements, services, specs: {}, secrets: {}, configs: {} };
      await ask({ kind: "assign", assignment: { ...assignment, revision: ++revision } });
    },
    plugIn: async (id, address) => (await ask({ kind: "plug in", id, address })).netnsFile ?? "",
    unplug: async (id) => void (await ask({ kind: "unplug", id })),
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
  machine: Machine,
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
  machine: Machine,
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
  machine: Machine,
  netnsFile: string | undefined,
  type: "A" | "AAAA",
  ...names: readonly string[]
): Promise<Record<string, string>> {
  const command = [process.execPath, program("query"), gateway, type, ...names];
  return JSON.parse(await machine.output(within(netnsFile, command)));
}

export function within(netnsFile: string | undefined, command: readonly string[]): string[] {
  return netnsFile === undefined ? [...command] : ["nsenter", `--net=${netnsFile}`, ...command];
}
