import {
  type Client,
  ConstellationError,
  type Document,
  type Event,
  type Instance,
  type Resource,
  resources,
} from "../../contract/index.ts";
import { concernsDocument, concernsInstance, describeDocument, describeInstance } from "../describe/index.ts";
import { notFound, parseReference, type Reference, selectInstances } from "../names/index.ts";
import { type Action, type Session, UsageError } from "../session/index.ts";

const defaultTail = 20;
/** Read this many times what is shown: a stream of a service has more than what is asked for. */
const readFactor = 10;
const longestTail = 2_000;

/** `--json`: `{ "document": Document, "events": [Event] }` or `{ "instance": Instance, "events": [Event] }`. */
export const describe: Action = async ({ session, args, options }) => {
  const agent = await session.agent();
  const reference = parseReference(args[0] ?? "", session.namespace);
  const found = await find(agent, reference, options.kind);
  const tail = options.tail ?? defaultTail;
  const past = await pastEvents(agent, found, tail, session);
  if (session.isJson) await session.output.json({ ...found, events: past });
  else if ("document" in found) await session.output.lines(describeDocument(found.document, past, session));
  else await session.output.lines(describeInstance(found.instance, past, session));
  return 0;
};

type Found = { readonly document: Document } | { readonly instance: Instance };

/** A document first, as its name is what people chose; then an instance's id, then a slot. */
async function find(agent: Client, reference: Reference, kind: string | undefined): Promise<Found> {
  const kinds = kind === undefined ? documentKinds : [kindNamed(kind)];
  const { namespace, name } = reference;
  const [instances, ...documents] = await Promise.all([
    kind === undefined ? agent.listInstances() : [],
    ...kinds.map(({ plural }) => validName(agent.getDocument({ namespace, plural, name }))),
  ]);
  const [document, ...others] = documents.filter((each) => each !== undefined);
  if (document !== undefined && others.length > 0) {
    const names = [document, ...others].map((each) => each.kind).join(" and ");
    throw new ConstellationError(
      "invalid",
      `${reference.text}: there is a ${names} of that name; choose with --kind`,
    );
  }
  if (document !== undefined) return { document };
  const instance = selectInstances(reference, instances)?.instances[0];
  if (instance !== undefined) return { instance };
  throw notFound(reference, instances, await namesOf(agent, kinds));
}

const documentKinds: readonly Resource[] = Object.values(resources as Record<string, Resource>).filter(
  ({ namespaced }) => namespaced,
);

function kindNamed(text: string): Resource {
  const wanted = text.toLowerCase().replaceAll("-", "");
  const found = documentKinds.find(({ kind, plural }) =>
    [kind.toLowerCase(), plural.toLowerCase().replaceAll("-", "")].includes(wanted),
  );
  if (found !== undefined) return found;
  const known = documentKinds.map(({ kind }) => kind.toLowerCase()).join(", ");
  throw new UsageError(`--kind ${text}: there is no such kind; choose one of ${known}`);
}

/** An instance's id may be longer than a document's name: such a name is just none of a document. */
async function validName(answer: Promise<Document | undefined>): Promise<Document | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ConstellationError && error.code === "invalid") return undefined;
    throw error;
  }
}

async function namesOf(agent: Client, kinds: readonly Resource[]) {
  return (await Promise.all(kinds.map(({ plural }) => agent.listDocuments(plural)))).flat();
}

async function pastEvents(agent: Client, found: Found, tail: number, session: Session): Promise<Event[]> {
  if (tail === 0) return [];
  const about = "document" in found ? found.document : found.instance;
  const concerns = (event: Event) =>
    "document" in found
      ? concernsDocument(event, found.document)
      : concernsInstance(event, found.instance.id);
  const events: Event[] = [];
  const read = Math.min(tail * readFactor, longestTail);
  const stream = agent.events(
    { namespace: about.namespace, tail: read, follow: false },
    session.interrupted(),
  );
  for await (const { event } of stream) if (concerns(event)) events.push(event);
  return events.slice(-tail);
}
