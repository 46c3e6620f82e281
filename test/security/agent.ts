import { join } from "node:path";
import { agentPaths, type Client, connect } from "../../contract/index.ts";
import { type Machine, startMachine } from "../lab/index.ts";

const clone = join(import.meta.dirname, "..", "..");
/** Short, since unix sockets below it have at most 107 characters. */
const rootOf = (machine: Machine) => join(machine.root, "c");

/** A machine with this clone's agent, which has founded a cluster. */
export interface AgentMachine extends AsyncDisposable {
  readonly machine: Machine;
  /** For commands in the machine: this clone's programs, and the agent they speak to. */
  readonly env: Readonly<Record<string, string>>;
  readonly paths: ReturnType<typeof agentPaths>;
  /** Reaches the agent from outside by its socket's path. */
  readonly client: Client;
  /** The agent's own process. */
  agentPid(): Promise<number>;
}

export const owner = { engine: "cli", id: "security" } as const;
export const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };

export async function startAgentMachine(more: Readonly<Record<string, string>> = {}): Promise<AgentMachine> {
  const machine = await startMachine();
  try {
    const folders = ["bin", "tools"].map((folder) => join(clone, "dist", folder));
    const PATH = [...folders, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"].join(":");
    const env = { PATH, CONSTELLATION_ROOT: rootOf(machine), ...more };
    await machine.output(["constellation-agent", "up"], { env });
    const paths = agentPaths(rootOf(machine));
    const client = connect({ socket: paths.socket });
    await client.putCluster({ owner, name: "local", network });
    const agentPid = async () => (await client.info()).pid;
    return { machine, env, paths, client, agentPid, [Symbol.asyncDispose]: () => machine.stop() };
  } catch (error) {
    await machine.stop();
    throw error;
  }
}
