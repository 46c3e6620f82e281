import type * as z from "zod";
import type {
  ClusterRecord,
  Document,
  Event,
  Explanation,
  Host,
  Info,
  Instance,
  Member,
  Server,
  Stats,
} from "../documents.ts";
import { ConstellationError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Address } from "./address.ts";
import { lines } from "./event-stream.ts";
import type { ExecStream } from "./exec-stream.ts";
import { unanswered } from "./failures.ts";
import { follow } from "./follow.ts";
import {
  type ClusterWish,
  type DocumentWrite,
  type HostWrite,
  type ImageQuestion,
  type JoinToken,
  type JoinTokenWish,
  type LogLine,
  type RouteName,
  routes,
} from "./routes.ts";
import { type Repeat, type Request, transport } from "./transport.ts";

export type { Address, Dial, LocalAddress, RemoteAddress } from "./address.ts";
export type { ExecStream } from "./exec-stream.ts";

export interface DocumentAddress {
  readonly namespace: string;
  readonly plural: string;
  readonly name: string;
}

/** One typed client for the provider and the command; every failure is a `ConstellationError`. */
export interface Client {
  info(): Promise<Info>;
  getCluster(): Promise<ClusterRecord>;
  putCluster(body: ClusterWish): Promise<ClusterRecord>;
  /** All pages. */
  listDocuments(plural: string, query?: { namespace?: string }): Promise<Document[]>;
  /** undefined when there is none. */
  getDocument(address: DocumentAddress): Promise<Document | undefined>;
  /** `ifMatch` undefined creates. */
  putDocument(
    address: DocumentAddress,
    body: DocumentWrite,
    options: { ifMatch?: string; dryRun?: boolean },
  ): Promise<Document>;
  deleteDocument(address: DocumentAddress, options?: { ifMatch?: string }): Promise<void>;
  /** undefined when there is no such service. */
  explainService(service: { namespace: string; name: string }): Promise<Explanation | undefined>;
  listInstances(query?: { namespace?: string; service?: string }): Promise<Instance[]>;
  getInstance(id: string): Promise<Instance>;
  stats(query?: { namespace?: string; service?: string }): Promise<Stats>;
  listHosts(): Promise<Host[]>;
  /** undefined when there is none. */
  getHost(name: string): Promise<Member | undefined>;
  putHost(name: string, body: HostWrite): Promise<Member>;
  deleteHost(name: string, options?: { force?: boolean }): Promise<void>;
  listServers(): Promise<Server[]>;
  promoteServer(name: string): Promise<Server>;
  deleteServer(name: string): Promise<void>;
  createJoinToken(wish: JoinTokenWish): Promise<JoinToken>;
  /** Follows, reconnecting with the last id, until the signal aborts; throws `compacted` when it must list again. */
  events(
    query: { namespace?: string; service?: string; tail?: number; follow?: boolean; after?: string },
    signal: AbortSignal,
  ): AsyncIterable<{ id: string; event: Event }>;
  /** Ends with the log, or quietly when the signal aborts. */
  logs(
    id: string,
    query: { tail?: number; follow?: boolean; since?: string; hideSecrets?: boolean },
    signal: AbortSignal,
  ): AsyncIterable<LogLine>;
  /** A running command inside an instance. */
  exec(
    id: string,
    query: {
      command: readonly string[];
      tty?: boolean;
      user?: string;
      workingDir?: string;
      columns?: number;
      rows?: number;
    },
  ): Promise<ExecStream>;
  missingBlobs(digests: readonly string[]): Promise<string[]>;
  putBlob(digest: string, body: AsyncIterable<Uint8Array>, size: number): Promise<void>;
  /** The digest that a reference in a registry names now. */
  resolveImage(question: ImageQuestion): Promise<string>;
  secretDigests(values: readonly string[]): Promise<string[]>;
}

export interface ConnectOptions {
  /** How long one answer may take. */
  readonly timeoutMs?: number;
  /** How long to keep trying to reach an agent that is restarting. */
  readonly connectTimeoutMs?: number;
  /** Called before an answer that may be out of date: the server that gave it does not reach most of the others. */
  readonly onStale?: () => void;
}

type AnswerOf<R extends RouteName> = (typeof routes)[R] extends { answer: infer A extends z.ZodType }
  ? z.infer<A>
  : undefined;

interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bytes?: Request["bytes"];
}

/** Nothing is opened before the first call, and nothing keeps the process alive between two. */
export function connect(address: Address, options: ConnectOptions = {}): Client {
  const {
    timeoutMs = limits.requestTimeoutMs,
    connectTimeoutMs = limits.connectTimeoutMs,
    onStale,
  } = options;
  const agent = transport({ address, timeoutMs, connectTimeoutMs, ...(onStale && { onStale }) });

  /** An answer is trusted: the agent made it from the same schemas. */
  const call = <R extends RouteName>(name: R, parts: Parts = {}) =>
    agent.json(requestOf(name, parts)) as Promise<AnswerOf<R>>;

  return {
    info: () => call("info"),
    getCluster: () => call("getCluster"),
    putCluster: (body) => call("putCluster", { body }),
    async listDocuments(plural, query = {}) {
      const items: Document[] = [];
      let after: string | undefined;
      do {
        const page = await call("listDocuments", { params: { plural }, query: { ...query, after } });
        items.push(...page.items);
        if (page.next !== undefined && page.next === after) break;
        after = page.next;
      } while (after !== undefined);
      return items;
    },
    getDocument: (where) => call("getDocument", { params: { ...where } }).catch(undefinedWhenNotFound),
    putDocument: (where, body, { ifMatch, dryRun }) =>
      call("putDocument", {
        params: { ...where },
        query: { dryRun },
        headers: ifMatch === undefined ? { "if-none-match": "*" } : matching(ifMatch),
        body,
      }),
    deleteDocument: (where, { ifMatch } = {}) =>
      call("deleteDocument", {
        params: { ...where },
        headers: ifMatch === undefined ? {} : matching(ifMatch),
      }),
    explainService: (where) => call("explainService", { params: { ...where } }).catch(undefinedWhenNotFound),
    listInstances: async (query = {}) => (await call("listInstances", { query })).items,
    getInstance: (id) => call("getInstance", { params: { id } }),
    stats: (query = {}) => call("stats", { query }),
    listHosts: async () => (await call("listHosts")).items,
    getHost: (name) => call("getHost", { params: { name } }).catch(undefinedWhenNotFound),
    putHost: (name, body) => call("putHost", { params: { name }, body }),
    deleteHost: (name, { force = false } = {}) => call("deleteHost", { params: { name }, query: { force } }),
    listServers: async () => (await call("listServers")).items,
    promoteServer: (name) => call("promoteServer", { params: { name } }),
    deleteServer: (name) => call("deleteServer", { params: { name } }),
    createJoinToken: (body) => call("createJoinToken", { body }),
    events: ({ after, ...query }, signal) =>
      follow({
        agent,
        after,
        signal,
        request: (resumed, headers) =>
          requestOf("events", { query: resumed ? { ...query, tail: 0 } : query, headers }),
        endless: query.follow ?? true,
        silenceMs: 3 * limits.eventKeepAliveMs,
      }),
    async *logs(id, query, signal) {
      const request = requestOf("logs", { params: { id }, query });
      try {
        const response = await agent.stream(request, signal);
        for await (const line of lines(response)) if (line !== "") yield JSON.parse(line) as LogLine;
      } catch (error) {
        if (signal.aborted) return;
        throw error instanceof ConstellationError ? error : unanswered("read logs", address, error);
      }
    },
    exec(id, { command, ...query }) {
      const { path } = requestOf("exec", {
        params: { id },
        query: { command: JSON.stringify(command), ...query },
      });
      return agent.persist("exec", "unsent", async () => {
        // Only here: most clients never need a WebSocket, and its library takes 20 ms to load.
        const { openExec } = await import("./exec-stream.ts");
        return openExec({ address, path, timeoutMs });
      });
    },
    missingBlobs: async (digests) => (await call("missingBlobs", { body: { digests } })).digests,
    putBlob: (digest, chunks, size) => call("putBlob", { params: { digest }, bytes: { chunks, size } }),
    resolveImage: async (body) => (await call("resolveImage", { body })).digest,
    secretDigests: async (values) => (await call("secretDigests", { body: { values } })).digests,
  };
}

function matching(etag: string) {
  return { "if-match": `"${etag}"` };
}

function undefinedWhenNotFound(error: unknown): undefined {
  if (error instanceof ConstellationError && error.code === "not-found") return undefined;
  throw error;
}

/** Questions that are asked by POST because they are long. */
const asking: ReadonlySet<RouteName> = new Set(["missingBlobs", "resolveImage", "secretDigests"]);

function requestOf(name: RouteName, { params = {}, query = {}, headers = {}, body, bytes }: Parts): Request {
  const { method, path } = routes[name];
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([key, value]): [string, string][] =>
      value === undefined ? [] : [[key, String(value)]],
    ),
  ).toString();
  const repeat: Repeat = bytes ? "never" : method === "GET" || asking.has(name) ? "safely" : "unsent";
  return {
    method,
    path: search === "" ? filled : `${filled}?${search}`,
    headers,
    repeat,
    ...(body === undefined ? {} : { body }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}
