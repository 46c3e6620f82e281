import type { Client, Instance } from "../../contract/index.ts";
import {
  isAmong,
  notFound,
  parseReference,
  type Reference,
  type Selection,
  selectInstances,
} from "../names/index.ts";
import type { Action, Options, Session } from "../session/index.ts";
import { followedLines, type InstanceLine, instanceLines, pastLines } from "../streams/index.ts";
import { sinceTime } from "./since.ts";

/** `--json`: a line each, `{ "instance": "web-0-5f3a9c", "at": ..., "stream": ..., "text": ... }`. */
export const logs: Action = async ({ session, args, options }) => {
  const agent = await session.agent();
  const reference = parseReference(args[0] ?? "", session.namespace);
  const selection = await select(agent, reference);
  const stop = session.interrupted();
  const lines = open(agent, reference, selection, options, session, stop);
  const show = session.isJson ? undefined : lineWriter(selection, options, session);
  for await (const line of lines) {
    if (show === undefined) await session.output.jsonLine(line);
    else await session.output.write(show(line));
  }
  return stop.aborted ? 130 : 0;
};

/** A service may have no instance yet; that is no mistake. */
async function select(agent: Client, reference: Reference): Promise<Selection> {
  const instances = await agent.listInstances();
  const selection = selectInstances(reference, instances);
  if (selection !== undefined) return selection;
  const services = await agent.listDocuments("services");
  if (isAmong(services, reference)) return { by: "service", instances: [] };
  throw notFound(reference, instances, services);
}

function open(
  agent: Client,
  { namespace, name }: Reference,
  { by, instances }: Selection,
  options: Options,
  session: Session,
  signal: AbortSignal,
): AsyncIterable<InstanceLine> {
  const query = {
    ...(options.tail === undefined ? {} : { tail: options.tail }),
    ...(options.since === undefined ? {} : { since: sinceTime(options.since, session.now()) }),
  };
  const [first] = instances;
  if (by === "id" && first !== undefined)
    return instanceLines(agent, first.id, { ...query, follow: options.follow === true }, signal);
  if (!options.follow) return pastLines(agent, instances, query, signal);
  const service = by === "service" ? name : (first?.service ?? name);
  const belongs = (each: Instance) => by === "service" || each.name === name;
  return followedLines(agent, { namespace, service, belongs }, query, signal);
}

/** Names the instance before each line unless there is only one that could have written it. */
function lineWriter({ by, instances }: Selection, options: Options, { output: { palette } }: Session) {
  const order = new Map<string, number>(instances.map(({ id }, at) => [id, at]));
  let width = Math.max(0, ...instances.map(({ id }) => id.length));
  const prefix = (id: string): string => {
    if (by === "id" || (by === "slot" && !options.follow && instances.length === 1)) return "";
    if (!order.has(id)) order.set(id, order.size);
    width = Math.max(width, id.length);
    return `${palette.source(order.get(id) ?? 0)(id.padEnd(width))} | `;
  };
  return ({ instance, at, text }: InstanceLine): string => {
    const time = options.timestamps ? `${palette.faint(at)} ` : "";
    return `${prefix(instance)}${time}${text}\n`;
  };
}
