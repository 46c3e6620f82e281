import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, ports } from "../../contract/index.ts";
import type { Machine } from "../../test/lab/index.ts";
import { openCluster } from "../cluster.ts";
import { imageLayout, imageTag } from "../image.ts";
import { bringAgentUp } from "../machine.ts";
import { memoryOf } from "../processes.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import type { Count, Figures, Phase, Ticket } from "./types.ts";

/** Where the server listens, and where all hosts come from. */
const address = "127.0.0.1";
const lookMs = 500;
const joinLimitMs = 300_000;
const tokensAtOnce = 8;
/** As the engine writes resources at once. */
const writesAtOnce = 8;
/** One of so many hosts dies. */
const deadShare = 10;

export interface Sizes {
  readonly hosts: number;
  readonly instances: number;
  /** Instances of one service. */
  readonly replicas: number;
  /** The most that either convergence may take. */
  readonly seconds: number;
}

/** One agent with its store, as it is shipped, and so many hosts that are none. */
export async function simulate(
  machine: Machine,
  sizes: Sizes,
  onProgress: (phrase: string) => void,
): Promise<Figures> {
  const { hosts, instances } = sizes;
  onProgress("starting an agent");
  const { client, upload, put } = await openCluster(await bringAgentUp(machine));
  // What is placed on it would run in earnest.
  await client.putHost((await client.info()).host, { address, availability: "cordoned" });
  const image = await upload(`oci:${imageLayout}:${imageTag}`);

  onProgress(`${hosts} hosts join`);
  const joinBegan = performance.now();
  const tickets = await ticketsFor(client, hosts);
  const server = `${address}:${ports.servers}`;
  const fleet = await startFleet(machine, { server, tickets }, Math.max(1, availableParallelism() - 1));
  const memory = { agent: 0, etcd: 0 };
  const look = async (): Promise<Count> => {
    await delay(lookMs);
    const { programs } = memoryOf(machine);
    for (const name of ["agent", "etcd"] as const)
      memory[name] = Math.max(memory[name], programs[name]?.rss ?? 0);
    return fleet.count();
  };
  const joinEnd = performance.now() + joinLimitMs;
  while ((await look()).hosts < hosts)
    if (performance.now() > joinEnd)
      throw new Error(`bench simulate: ${fleet.count().hosts} of ${hosts} hosts joined in time`);
  const joinSeconds = (performance.now() - joinBegan) / 1_000;

  const converge = (what: string) =>
    phase(fleet, look, sizes, (running) => onProgress(`${what}: ${running}`));
  const giveUp = new AbortController();
  const writing = writeServices(put, image, sizes, giveUp.signal);
  const placed = await Promise.race([converge(`of ${instances} instances run`), writing.then(() => never)]);
  giveUp.abort();
  await writing;
  const dead = Math.ceil(hosts / deadShare);
  const replace = async () => {
    fleet.kill(dead);
    return await converge(`${dead} hosts died; of ${instances} instances run`);
  };
  const replaced = placed.hasConverged ? await replace() : undefined;
  const { breaks } = fleet.count();
  return { hosts, instances, dead, joinSeconds, placed, replaced, memory, breaks };
}

/** In a race: the other side counts, unless this one fails. */
const never = new Promise<never>(() => undefined);

async function ticketsFor(client: Client, hosts: number): Promise<Ticket[]> {
  const tickets: Ticket[] = [];
  const names = Array.from({ length: hosts }, (_, at) => `host-${at + 1}`).values();
  await Promise.all(
    Array.from({ length: tokensAtOnce }, async () => {
      for (const name of names) tickets.push({ name, token: (await client.createJoinToken({ name })).token });
    }),
  );
  return tickets;
}

async function writeServices(
  put: (name: string, inputs: Record<string, unknown>) => Promise<void>,
  image: object,
  { instances, replicas }: Sizes,
  signal: AbortSignal,
): Promise<void> {
  const services = Array.from({ length: Math.ceil(instances / replicas) }, (_, at) => at).values();
  const write = async () => {
    for (const at of services) {
      if (signal.aborted) return;
      await put(`service-${at}`, {
        ...image,
        ...{ replicas: Math.min(replicas, instances - at * replicas), ports: [{ port: 80 }] },
        ...{ resources: { cpu: 0.01, memory: "16Mi" }, update: { minHealthyTime: "0s" } },
      });
    }
  };
  await Promise.all(Array.from({ length: writesAtOnce }, write));
}

/** Looks until all instances run on hosts that are alive, and have their routes on another; no longer than the limit. */
async function phase(
  fleet: Fleet,
  look: () => Promise<Count>,
  { instances, seconds: limit }: Sizes,
  tell: (running: number) => void,
): Promise<Phase> {
  const [began, before] = [performance.now(), fleet.count()];
  const since = () => (performance.now() - began) / 1_000;
  // The dead still count until their process has said so.
  let now = { ...(await look()), running: 0 };
  const isDone = () => now.running >= instances && now.routed === instances;
  while (!isDone() && since() < limit) {
    now = await look();
    tell(now.running);
  }
  const seconds = since();
  return {
    ...{ seconds, hasConverged: isDone(), running: now.running },
    assignmentsPerSecond: (now.assignments - before.assignments) / seconds,
    observationsPerSecond: (now.observations - before.observations) / seconds,
  };
}
