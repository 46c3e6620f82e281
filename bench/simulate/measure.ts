import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, ports } from "../../contract/index.ts";
import type { Machine } from "../../test/lab/index.ts";
import { openCluster } from "../cluster.ts";
import { imageLayout, imageTag } from "../image.ts";
import { bringAgentUp } from "../machine.ts";
import { processorMs, residentOf } from "../processes.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type Count, type Figures, type Part, type Phase, parts, type Ticket } from "./types.ts";
import { writeAll } from "./writes.ts";

/** Where the server listens, and where all hosts come from. */
const address = "127.0.0.1";
const lookMs = 500;
const joinLimitMs = 300_000;
const tokensAtOnce = 8;
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
    const resident = residentOf(machine);
    for (const name of ["agent", "etcd"] as const) memory[name] = Math.max(memory[name], resident[name] ?? 0);
    return fleet.count();
  };
  const joinEnd = performance.now() + joinLimitMs;
  while ((await look()).hosts < hosts)
    if (performance.now() > joinEnd)
      throw new Error(`bench simulate: ${fleet.count().hosts} of ${hosts} hosts joined in time`);
  const joinSeconds = (performance.now() - joinBegan) / 1_000;

  const converge = (what: string) =>
    phase({ machine, fleet, look }, sizes, (running) => onProgress(`${what}: ${running}`));
  const giveUp = new AbortController();
  const writes = writeAll(services(put, image, sizes), giveUp.signal);
  const refused = writes.done.then(() => never);
  const placed = await Promise.race([converge(`of ${instances} instances run`), refused]);
  giveUp.abort();
  await writes.done;
  const dead = Math.ceil(hosts / deadShare);
  const replace = async () => {
    fleet.kill(dead);
    return await converge(`${dead} hosts died; of ${instances} instances run`);
  };
  const replaced = placed.hasConverged ? await replace() : undefined;
  const { breaks } = fleet.count();
  const writesAgain = writes.again();
  return { hosts, instances, dead, joinSeconds, placed, replaced, memory, breaks, writesAgain };
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

function services(
  put: (name: string, inputs: Record<string, unknown>) => Promise<void>,
  image: object,
  { instances, replicas }: Sizes,
): (() => Promise<void>)[] {
  return Array.from({ length: Math.ceil(instances / replicas) }, (_, at) => () => {
    const wanted = Math.min(replicas, instances - at * replicas);
    return put(`service-${at}`, {
      ...{ ...image, replicas: wanted, ports: [{ port: 80 }] },
      ...{ resources: { cpu: 0.01, memory: "16Mi" }, update: { minHealthyTime: "0s" } },
    });
  });
}

interface Seen {
  readonly machine: Machine;
  readonly fleet: Fleet;
  readonly look: () => Promise<Count>;
}

/** Looks until all instances run on hosts that are alive, and have their routes on another; no longer than the limit. */
async function phase(
  { machine, fleet, look }: Seen,
  { instances, seconds: limit }: Sizes,
  tell: (running: number) => void,
): Promise<Phase> {
  const [began, before, processorBefore] = [performance.now(), fleet.count(), processorMs(machine)];
  const since = () => (performance.now() - began) / 1_000;
  // The dead still count until their process has said so.
  let now = { ...(await look()), running: 0 };
  const isDone = () => now.running >= instances && now.routed === instances;
  while (!isDone() && since() < limit) {
    now = await look();
    tell(now.running);
  }
  const seconds = since();
  const processor = processorMs(machine);
  const taken = (part: Part) => ((processor[part] ?? 0) - (processorBefore[part] ?? 0)) / 1_000;
  return {
    ...{ seconds, hasConverged: isDone(), running: now.running },
    assignmentsPerSecond: (now.assignments - before.assignments) / seconds,
    observationsPerSecond: (now.observations - before.observations) / seconds,
    processor: Object.fromEntries(parts.map((part) => [part, taken(part)])) as Phase["processor"],
  };
}
