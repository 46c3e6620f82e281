import type { Client, Document, Event, Instance } from "../../contract/index.ts";
import { describeDocument, describeInstance } from "../describe/index.ts";
import type { Session } from "../session/index.ts";
import { paletteOf } from "../terminal/index.ts";
import type { Collected } from "./types.ts";

const bounds = {
  /** For all that the API is asked, milliseconds: half a report now is worth more than a whole one that never comes. */
  askMs: 20_000,
  events: 500,
  described: 200,
  logLines: 200,
} as const;

/** Kinds whose content may be anything: how much of it there is must do. */
const contentKinds: ReadonlySet<string> = new Set(["ConfigFile"]);

/** What the API tells; each question fails alone. Secrets are digests there already. */
export async function gatherFromApi(
  agent: Client,
  plurals: readonly string[],
  session: Pick<Session, "now" | "output">,
  options: { readonly withInstanceLogs: boolean },
): Promise<Collected[]> {
  const signal = AbortSignal.timeout(bounds.askMs);
  const asked = <T>(name: string, ask: () => Promise<T>) => answered(`cluster/${name}`, ask, signal);
  const events = asked("events.ndjson", () => pastEvents(agent, signal));
  const instances = asked("instances.json", () => agent.listInstances());
  const kinds = plurals.map((plural) =>
    asked(`${plural}.json`, async () => (await agent.listDocuments(plural)).map(withoutContent)),
  );
  const answers = await Promise.all([
    asked("info.json", () => agent.info()),
    asked("cluster.json", () => agent.getCluster()),
    asked("hosts.json", () => agent.listHosts()),
    asked("stats.json", () => agent.stats()),
    instances,
    ...kinds,
    events,
  ]);
  const documents = (await Promise.all(kinds)).flatMap((kind) => valueIn(kind) ?? []);
  const described = describeAll(
    documents,
    valueIn(await instances) ?? [],
    valueIn(await events) ?? [],
    session,
  );
  const logs = options.withInstanceLogs
    ? await instanceLogs(agent, valueIn(await instances) ?? [], signal)
    : [];
  return [...answers.map(collected), ...described, ...logs];
}

/** How a failure of the API's client begins; without it, those of one cause are the same. */
const apiCall = /^get \/v1\/\S+: /;

type Answer<T> = { readonly name: string } & ({ readonly value: T } | { readonly failure: string });

async function answered<T>(name: string, ask: () => Promise<T>, signal: AbortSignal): Promise<Answer<T>> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error(`no answer within ${bounds.askMs / 1_000} s`)), {
      once: true,
    });
  });
  try {
    return { name, value: await Promise.race([ask(), late]) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { name, failure: failure.replace(apiCall, "") }; // The name says what was asked.
  }
}

function valueIn<T>(answer: Answer<T>): T | undefined {
  return "value" in answer ? answer.value : undefined;
}

function collected(answer: Answer<unknown>): Collected {
  if ("failure" in answer) return answer;
  const { name, value } = answer;
  const text =
    name.endsWith(".ndjson") && Array.isArray(value)
      ? value.map((item) => `${JSON.stringify(item)}\n`).join("")
      : `${JSON.stringify(value, null, 2)}\n`;
  return { name, text };
}

function withoutContent(document: Document): Document {
  if (!contentKinds.has(document.kind)) return document;
  const sizes = Object.entries(document.inputs).map(([key, value]) => {
    const isContent = key === "content" || key === "files";
    return [key, isContent ? `(left out: ${JSON.stringify(value).length} characters)` : value];
  });
  return { ...document, inputs: Object.fromEntries(sizes) };
}

async function pastEvents(agent: Client, signal: AbortSignal): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { event } of agent.events({ tail: bounds.events, follow: false }, signal))
    events.push(event);
  return events;
}

/** As `constellation describe` shows them, without colours and cuts. */
function describeAll(
  documents: readonly Document[],
  instances: readonly Instance[],
  events: readonly Event[],
  { now, output }: Pick<Session, "now" | "output">,
): Collected[] {
  const view = { output: { ...output, palette: paletteOf(false), width: undefined }, now };
  const about = (namespace: string, name: string) => (event: Event) =>
    "namespace" in event ? event.namespace === namespace && JSON.stringify(event).includes(name) : false;
  const named = [
    ...documents.map((document) => ({
      name: `describe/${document.kind.toLowerCase()}-${document.namespace}-${document.name}.txt`,
      lines: () => describeDocument(document, events.filter(about(document.namespace, document.name)), view),
    })),
    ...instances.map((instance) => ({
      name: `describe/instance-${instance.id}.txt`,
      lines: () => describeInstance(instance, events.filter(about(instance.namespace, instance.id)), view),
    })),
  ];
  return named.slice(0, bounds.described).map(({ name, lines }, at) => ({
    name,
    text: `${lines().join("\n")}\n`,
    ...(at === bounds.described - 1 &&
      named.length > bounds.described && {
        note: `${named.length - bounds.described} more are not described`,
      }),
  }));
}

async function instanceLogs(
  agent: Client,
  instances: readonly Instance[],
  signal: AbortSignal,
): Promise<Collected[]> {
  const logs: Collected[] = [];
  for (const { id } of instances) {
    const name = `instance-logs/${id}.txt`;
    const answer = await answered(
      name,
      async () => {
        const lines: string[] = [];
        const last = { tail: bounds.logLines, hideSecrets: true };
        for await (const { at, stream, text } of agent.logs(id, last, signal))
          lines.push(`${at} ${stream} ${text}\n`);
        return lines.join("");
      },
      signal,
    );
    logs.push(
      "failure" in answer
        ? answer
        : { name, text: answer.value, note: `the last ${bounds.logLines} lines at most` },
    );
  }
  return logs;
}
