import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type * as z from "zod";
import {
  type Event,
  type Explanation,
  type Host,
  type HostWrite,
  type ImageQuestion,
  type Info,
  type Instance,
  type JoinToken,
  type JoinTokenWish,
  type LogLine,
  type Member,
  openapi,
  type RouteName,
  type routes,
  type Server,
  type Stats,
} from "../../contract/index.ts";
import type { Clusters } from "../cluster/index.ts";
import type { Documents } from "../documents/index.ts";
import type { Feed } from "../events/index.ts";
import { cursorOf, etagOf, parseCommand } from "./parse.ts";
import type { BlobStore, ExecSession, InstanceAccess, Principal } from "./types.ts";

type Routes = typeof routes;
type PartOf<R extends RouteName, P extends string> = Routes[R] extends {
  [key in P]: infer S extends z.ZodType;
}
  ? z.infer<S>
  : undefined;

/** A request, parsed by its route. */
export interface Call<R extends RouteName> {
  readonly params: PartOf<R, "params">;
  readonly query: PartOf<R, "query">;
  readonly body: PartOf<R, "body">;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of a route with `rawBody`. */
  readonly raw: Readable;
  readonly principal: Principal;
  /** Aborted when the client goes away or the agent stops. */
  readonly signal: AbortSignal;
}

/** What a handler gives, by how its route frames the answer. */
interface Answers {
  json: unknown;
  /** Nothing is sent of it. */
  empty: unknown;
  events: AsyncIterable<"open" | { readonly id: number; readonly event: Event }>;
  ndjson: AsyncIterable<LogLine>;
  websocket: ExecSession;
}

export type Handlers = {
  readonly [R in RouteName]: (
    call: Call<R>,
  ) => Promise<Answers[Routes[R]["framing"]]> | Answers[Routes[R]["framing"]];
};

export interface ApiPorts {
  readonly info: () => Info;
  readonly clusters: Clusters;
  readonly documents: Documents;
  readonly feed: Feed;
  readonly access: InstanceAccess;
  readonly blobs: BlobStore;
  /** The digest that an image's reference names now. */
  readonly resolveImage: (question: ImageQuestion) => Promise<string>;
  readonly instances: {
    list(query: {
      readonly namespace?: string | undefined;
      readonly service?: string | undefined;
    }): Instance[];
    /** Throws `not-found`. */
    get(id: string): Instance;
  };
  readonly hosts: {
    list(): Host[];
    /** Throws `not-found`. */
    get(name: string): Member;
    change(name: string, write: HostWrite): Promise<Member>;
    remove(name: string, isForced: boolean): Promise<void>;
    makeToken(wish: JoinTokenWish, by: string): Promise<JoinToken>;
  };
  readonly servers: {
    list(): Promise<Server[]>;
    promote(name: string): Promise<Server>;
    remove(name: string): Promise<void>;
  };
  /** Throws `not-found`. */
  readonly explain: (service: { readonly namespace: string; readonly name: string }) => Explanation;
  /** A sample of those that run here. */
  readonly stats: (instances: readonly Instance[]) => Promise<Stats>;
  readonly secretDigest: (text: string) => string;
  /** Replaces the values of an instance's secrets in a line. */
  readonly hideSecretsOf: (instanceId: string) => (line: string) => string;
}

/** Each route's work, delegated to the feature that knows it. */
export function createHandlers(ports: ApiPorts): Handlers {
  const { clusters, documents, feed, access, blobs, instances, hosts, servers } = ports;
  return {
    info: () => ports.info(),
    openapi: () => openapi(),
    getCluster: () => clusters.describe(),
    putCluster: ({ body }) => clusters.found(body),

    listDocuments: ({ params, query }) => documents.list(params.plural, query),
    getDocument: ({ params }) => documents.get(params),
    putDocument: ({ params, query, body, headers, principal }) =>
      documents.put({
        ...params,
        ...body,
        dryRun: query.dryRun,
        ifMatch: etagOf(headers["if-match"]),
        by: principal.name,
      }),
    deleteDocument: ({ params, headers, principal }) =>
      documents.remove(params, { ifMatch: etagOf(headers["if-match"]), by: principal.name }),

    explainService: ({ params }) => ports.explain(params),
    listInstances: ({ query }) => ({ items: instances.list(query) }),
    getInstance: ({ params }) => instances.get(params.id),
    stats: async ({ query }) => {
      const wanted = new Set(instances.list(query).map(({ id }) => id));
      const sample = await ports.stats(instances.list({}));
      return { ...sample, items: sample.items.filter(({ id }) => wanted.has(id)) };
    },
    logs: ({ params, query: { follow, tail, since, hideSecrets }, signal }) => {
      const { id } = instances.get(params.id);
      const which = { follow, ...(tail !== undefined && { tail }), ...(since !== undefined && { since }) };
      const lines = access.logs(id, which, signal);
      return hideSecrets ? withTexts(lines, ports.hideSecretsOf(id)) : lines;
    },
    exec: ({ params, query: { command, tty, user, workingDir, columns, rows } }) => {
      const { id } = instances.get(params.id);
      const where = { ...(user !== undefined && { user }), ...(workingDir !== undefined && { workingDir }) };
      return access.exec(id, { command: parseCommand(command), tty, columns, rows, ...where });
    },
    listHosts: () => ({ items: hosts.list() }),
    getHost: ({ params }) => hosts.get(params.name),
    putHost: ({ params, body }) => hosts.change(params.name, body),
    deleteHost: ({ params, query }) => hosts.remove(params.name, query.force),
    listServers: async () => ({ items: await servers.list() }),
    promoteServer: ({ params }) => servers.promote(params.name),
    deleteServer: ({ params }) => servers.remove(params.name),
    createJoinToken: ({ body, principal }) => hosts.makeToken(body, principal.name),
    events: ({ query, headers, signal }) =>
      feed.stream({ ...query, after: cursorOf(headers["last-event-id"]) }, signal),

    missingBlobs: async ({ body }) => ({
      digests: await blobs.missingBlobs(body.digests as `sha256:${string}`[]),
    }),
    putBlob: ({ params, raw }) => blobs.putBlob(params.digest as `sha256:${string}`, raw),
    resolveImage: async ({ body }) => ({ digest: await ports.resolveImage(body) }),
    secretDigests: ({ body }) => ({ digests: body.values.map(ports.secretDigest) }),
  };
}

async function* withTexts(lines: AsyncIterable<LogLine>, change: (text: string) => string) {
  for await (const line of lines) yield { ...line, text: change(line.text) };
}
