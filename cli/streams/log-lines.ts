import { type Client, ConstellationError, type Instance, type LogLine } from "../../contract/index.ts";
import { gather } from "./gather.ts";
import { mergeSorted } from "./merge.ts";

/** A line with the instance that wrote it. */
export interface InstanceLine extends LogLine {
  readonly instance: string;
}

export interface LogQuery {
  readonly tail?: number;
  readonly since?: string;
}

/** Some of a service's instances. */
export interface Group {
  readonly namespace: string;
  readonly service: string;
  readonly belongs: (instance: Instance) => boolean;
}

const gathering = { windowMs: 40, most: 2_000 } as const;

/** What one instance wrote, and with `follow` what it writes until it is gone or the signal aborts. */
export async function* instanceLines(
  agent: Client,
  id: string,
  query: LogQuery & { readonly follow?: boolean },
  signal: AbortSignal,
): AsyncGenerator<InstanceLine> {
  for await (const line of agent.logs(id, query, signal)) yield { instance: id, ...line };
}

/** What these instances wrote, in order of time. */
export function pastLines(
  agent: Client,
  instances: readonly Instance[],
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<InstanceLine> {
  const streams = instances
    .filter(hasOutput)
    .map(({ id }) => present(instanceLines(agent, id, query, signal)));
  return mergeSorted(streams, byTime);
}

/** What a group's instances write, also those that start later; ends with the signal. */
export async function* followedLines(
  agent: Client,
  group: Group,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<InstanceLine> {
  const streams = groupStreams(agent, group, query, signal);
  for await (const batch of gather(streams, gathering)) yield* batch.sort(byTime);
}

async function* groupStreams(
  agent: Client,
  { namespace, service, belongs }: Group,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<AsyncIterable<InstanceLine>> {
  const known = new Set<string>();
  const isNew = (instance: Instance) => !known.has(instance.id) && belongs(instance) && hasOutput(instance);
  const follow = (id: string, from: LogQuery) => {
    known.add(id);
    return present(instanceLines(agent, id, { ...from, follow: true }, signal));
  };
  // Watching begins before listing, so that none can start in between unseen.
  const changes = agent.events({ namespace, service, tail: 0 }, signal)[Symbol.asyncIterator]();
  const first = changes.next();
  first.catch(() => undefined);
  for (const instance of await agent.listInstances({ namespace, service }))
    if (isNew(instance)) yield follow(instance.id, query);
  for (let next = await first; !next.done; next = await changes.next()) {
    const { event } = next.value;
    if (event.type === "instance" && !event.removed && isNew(event.instance))
      yield follow(event.instance.id, {});
  }
}

/** One of many may be gone before its log is opened. */
async function* present(lines: AsyncIterable<InstanceLine>): AsyncGenerator<InstanceLine> {
  try {
    yield* lines;
  } catch (error) {
    if (!(error instanceof ConstellationError && error.code === "not-found")) throw error;
  }
}

/** Before it starts there is no log to open. */
function hasOutput({ state }: Instance): boolean {
  return state !== "pending" && state !== "placed" && state !== "pulling";
}

function byTime(a: InstanceLine, b: InstanceLine): number {
  return Date.parse(a.at) - Date.parse(b.at);
}
