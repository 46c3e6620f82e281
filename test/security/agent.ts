import { join } from "node:path";
import { agentPaths, type Client, connect, openLocalImage } from "../../contract/index.ts";
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

/** Uploads an image of this clone's layout; what a service's inputs say of it. */
export async function uploadImage(
  client: Client,
  name: string,
): Promise<{ image: string; imageDigest: string }> {
  const path = join(clone, ".images");
  const image = await openLocalImage({ kind: "oci", path, tag: name }, clone);
  const missing = new Set(await client.missingBlobs(image.blobs.map(({ digest }) => digest)));
  for (const { digest, size, open } of image.blobs) {
    if (missing.has(digest)) await client.putBlob(digest, open(), size);
  }
  return { image: `oci:${path}:${name}`, imageDigest: image.digest };
}

/** Runs one instance of a service that does nothing; its id once it is healthy. */
export async function runIdle(client: Client, name: string, inputs: object): Promise<string> {
  const where = { namespace: "default", plural: "services", name };
  const idle = {
    command: ["sleep", "100000"],
    stopGracePeriod: "100ms",
    update: { minHealthyTime: "100ms" },
  };
  await client.putDocument(where, { owner, inputs: { ...idle, ...inputs } }, {});
  const deadline = performance.now() + 60_000;
  for (;;) {
    const [instance] = await client.listInstances({ service: name });
    if (instance?.healthy) return instance.id;
    if (performance.now() > deadline) throw new Error(`start ${name}: ${JSON.stringify(instance)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs a command in an instance; all it printed. */
export async function inside(client: Client, id: string, command: readonly string[]): Promise<string> {
  const session = await client.exec(id, { command: [...command] });
  session.stdin.end();
  const chunks: Uint8Array[] = [];
  const gather = async (stream: AsyncIterable<Uint8Array>) => {
    for await (const chunk of stream) chunks.push(chunk);
  };
  await Promise.all([gather(session.stdout), gather(session.stderr)]);
  await session.exit;
  return Buffer.concat(chunks).toString("utf8");
}
