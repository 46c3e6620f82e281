import * as z from "zod";
import {
  availability,
  cluster,
  document,
  event,
  explanation,
  host,
  info,
  instance,
  member,
  owner,
  server,
  stats,
} from "../documents.ts";
import { limits } from "../limits.ts";
import { dnsLabel } from "../model/values.ts";
import { hostSettings } from "../resources/host-settings.ts";
import { resources } from "../resources/index.ts";

/** How an answer's body is framed. */
type Framing = "json" | "events" | "ndjson" | "websocket" | "empty";

export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Fastify's syntax: `/v1/instances/:id/logs`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is bytes, not JSON. */
  readonly rawBody?: boolean;
  readonly answer?: z.ZodType;
  readonly framing: Framing;
  /** Request headers it reads beyond the usual ones. */
  readonly headers?: readonly (keyof typeof headerDocs)[];
}

const flag = z.stringbool().default(false);
const plural = z.string().describe("The kind, like `services`.");
const documentParams = z.object({
  namespace: dnsLabel.describe("The namespace it lives in."),
  plural,
  name: dnsLabel.describe("Its name within the namespace."),
});
const instanceParams = z.object({ id: z.string().describe("The instance's id: `web-0-5f3a9c`.") });
const ofNamespace = dnsLabel.optional().describe("Only those of this namespace.");
const ofService = dnsLabel.optional().describe("Only those of this service.");

/** What the request headers mean that a route may read. */
export const headerDocs = {
  "If-Match": "The `ETag` that was read, in quotes: refused with 412 when it is no longer the current one.",
  "If-None-Match": "`*`: only when there is none.",
  "Last-Event-ID": "Goes on after this event.",
} as const;
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** A document as a client writes it; secret leaves are `{ "$secret": { "value": ... } }`. */
export const documentWrite = z.strictObject({ owner, inputs: z.record(z.string(), z.unknown()) });
export type DocumentWrite = z.infer<typeof documentWrite>;

const { shape: clusterInputs } = resources.Cluster.inputs;
/** A cluster as its owner writes it. */
export const clusterWrite = z.strictObject({
  owner,
  name: dnsLabel,
  network: clusterInputs.network,
  registries: clusterInputs.registries,
  imageStorage: clusterInputs.imageStorage,
  labels: clusterInputs.labels,
  taints: clusterInputs.taints,
  reserved: clusterInputs.reserved,
});
export type ClusterWrite = z.infer<typeof clusterWrite>;
/** The same as a client sends it: what has a default may be left out. */
export type ClusterWish = z.input<typeof clusterWrite>;

const { shape: serviceInputs } = resources.Service.inputs;
/** Which image of a registry is meant, and who asks: a service of the namespace with these fields would. */
export const imageQuestion = z.strictObject({
  namespace: dnsLabel,
  image: serviceInputs.image,
  imageCredentials: serviceInputs.imageCredentials,
});
export type ImageQuestion = z.infer<typeof imageQuestion>;

const hostParams = z.object({ name: dnsLabel.describe("The host's name.") });
/** What its owner says of a host; what is left out stays as it is. */
export const hostWrite = z.strictObject({
  address: z.ipv4().optional().describe("Where other hosts reach it; a server listens there from then on."),
  availability: availability.optional(),
  owner: owner.optional().describe("Whose it is from now on."),
  ...hostSettings,
});
export type HostWrite = z.infer<typeof hostWrite>;

/** Which host may join, and what is said of it from its first moment on. */
export const joinTokenWish = z.strictObject({
  name: dnsLabel,
  role: z
    .enum(["host", "server"])
    .optional()
    .describe("`server`: it keeps the cluster's state as well. Absent: a host alone."),
  owner: owner.optional().describe("Who makes it: refused where somebody else has a host of this name."),
  serverAddress: z
    .ipv4()
    .optional()
    .describe("Where hosts reach the server that answers, if nobody has said so far."),
  ...hostSettings,
});
export type JoinTokenWish = z.infer<typeof joinTokenWish>;

/** `token` goes to the machine that is to join, and to nobody else; `servers`: where it may join, `ADDRESS:PORT`. */
export const joinToken = z.object({
  token: z.string(),
  expiresAt: z.string(),
  servers: z.array(z.string()),
});
export type JoinToken = z.infer<typeof joinToken>;

/** A line of an instance's log. */
export const logLine = z.object({
  at: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

/**
 * The agent's API. The server mounts it, the client calls it, OpenAPI is generated from it.
 * Every error is `{ error: { code, message, violations } }` with the status of `errorTable`.
 */
export const routes = {
  info: {
    method: "GET",
    path: "/v1/info",
    summary: "Who answers, and what it knows.",
    answer: info,
    framing: "json",
  },
  openapi: { method: "GET", path: "/v1/openapi.json", summary: "This API's description.", framing: "json" },
  getCluster: {
    method: "GET",
    path: "/v1/cluster",
    summary: "The cluster's record.",
    answer: cluster,
    framing: "json",
  },
  putCluster: {
    method: "PUT",
    path: "/v1/cluster",
    summary:
      "Founds the cluster; the same owner may repeat it, also with other registries, image storage and settings of this host.",
    body: clusterWrite,
    answer: cluster,
    framing: "json",
  },
  listDocuments: {
    method: "GET",
    path: "/v1/documents/:plural",
    summary: "Documents of a kind, in order of namespace and name.",
    params: z.object({ plural }),
    query: z.object({
      namespace: ofNamespace,
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .max(limits.pageItems)
        .default(limits.pageItems)
        .describe("The most of one page."),
      after: z.string().optional().describe("The `next` of the page before."),
    }),
    answer: z.object({ items: z.array(document), next: z.string().optional() }),
    framing: "json",
  },
  getDocument: {
    method: "GET",
    path: "/v1/namespaces/:namespace/:plural/:name",
    summary: "One document with its status; the `ETag` is its place in the store's history.",
    params: documentParams,
    answer: document,
    framing: "json",
  },
  putDocument: {
    method: "PUT",
    path: "/v1/namespaces/:namespace/:plural/:name",
    summary:
      "Creates (`If-None-Match: *`) or replaces (`If-Match`) a document's inputs. `dryRun` does everything but the write.",
    params: documentParams,
    query: z.object({ dryRun: flag.describe("Checks everything and writes nothing.") }),
    body: documentWrite,
    answer: document,
    framing: "json",
    headers: ["If-Match", "If-None-Match"],
  },
  deleteDocument: {
    method: "DELETE",
    path: "/v1/namespaces/:namespace/:plural/:name",
    summary: "Deletes a document; its instances stop gracefully. Gone already is fine.",
    params: documentParams,
    framing: "empty",
    headers: ["If-Match"],
  },
  explainService: {
    method: "GET",
    path: "/v1/namespaces/:namespace/services/:name/placement",
    summary:
      "Where a service's instances are and why, which are nowhere, and what each host says to one more.",
    params: z.object({ namespace: documentParams.shape.namespace, name: documentParams.shape.name }),
    answer: explanation,
    framing: "json",
  },
  listInstances: {
    method: "GET",
    path: "/v1/instances",
    summary: "Instances of every host, as last reported.",
    query: z.object({ namespace: ofNamespace, service: ofService }),
    answer: z.object({ items: z.array(instance) }),
    framing: "json",
  },
  stats: {
    method: "GET",
    path: "/v1/stats",
    summary: "What instances and hosts use: counters at this moment; two samples give rates.",
    query: z.object({ namespace: ofNamespace, service: ofService }),
    answer: stats,
    framing: "json",
  },
  getInstance: {
    method: "GET",
    path: "/v1/instances/:id",
    summary: "One instance by its id.",
    params: instanceParams,
    answer: instance,
    framing: "json",
  },
  logs: {
    method: "GET",
    path: "/v1/instances/:id/logs",
    summary: "An instance's output, oldest line first, also of the run before a restart.",
    params: instanceParams,
    query: z.object({
      tail: z.coerce.number().int().min(0).optional().describe("Only this many of the last lines."),
      follow: flag.describe("Goes on with new lines as they come."),
      since: z.iso.datetime().optional().describe("Only lines from this time on, RFC 3339."),
      hideSecrets: flag.describe("Shows `[secret]` in place of the values of secrets that the instance has."),
    }),
    answer: logLine,
    framing: "ndjson",
  },
  exec: {
    method: "GET",
    path: "/v1/instances/:id/exec",
    summary: "Runs a command inside an instance. Frames: see the guide on the API.",
    params: instanceParams,
    query: z.object({
      command: z.string().describe("The argument vector as a JSON array."),
      tty: flag.describe("Gives it a terminal."),
      user: z.string().optional().describe("Default: the instance's own."),
      workingDir: z.string().optional().describe("Default: the instance's own."),
      columns: z.coerce.number().int().min(1).max(10_000).default(80).describe("Of the terminal, at first."),
      rows: z.coerce.number().int().min(1).max(10_000).default(24).describe("Of the terminal, at first."),
    }),
    framing: "websocket",
  },
  listHosts: {
    method: "GET",
    path: "/v1/hosts",
    summary: "The cluster's hosts.",
    answer: z.object({ items: z.array(host) }),
    framing: "json",
  },
  getHost: {
    method: "GET",
    path: "/v1/hosts/:name",
    summary: "One host as the cluster keeps it.",
    params: hostParams,
    answer: member,
    framing: "json",
  },
  putHost: {
    method: "PUT",
    path: "/v1/hosts/:name",
    summary:
      "Changes what is said of a host: where it is reached, whether it takes instances, its labels, taints and reserve.",
    params: hostParams,
    body: hostWrite,
    answer: member,
    framing: "json",
  },
  deleteHost: {
    method: "DELETE",
    path: "/v1/hosts/:name",
    summary:
      "Removes a host that is gone: what was placed there is placed elsewhere, and it may not come back.",
    params: hostParams,
    query: z.object({ force: flag.describe("Also one that still answers.") }),
    framing: "empty",
  },
  listServers: {
    method: "GET",
    path: "/v1/servers",
    summary: "The hosts that keep the cluster's state, as the one that is asked sees them.",
    answer: z.object({ items: z.array(server) }),
    framing: "json",
  },
  promoteServer: {
    method: "POST",
    path: "/v1/servers/:name/promote",
    summary: "Lets a learner count, which happens by itself once it has caught up.",
    params: hostParams,
    answer: server,
    framing: "json",
  },
  deleteServer: {
    method: "DELETE",
    path: "/v1/servers/:name",
    summary:
      "Removes a server, and its host with it; refused where those that are left and answer would be no majority, and `busy` until uploads in use that it alone has are with them.",
    params: hostParams,
    framing: "empty",
  },
  createJoinToken: {
    method: "POST",
    path: "/v1/join-tokens",
    summary: "A right to join the cluster as this host, once and within ten minutes.",
    body: joinTokenWish,
    answer: joinToken,
    framing: "json",
  },
  events: {
    method: "GET",
    path: "/v1/events",
    summary: "Changes as they happen, from now on or after `Last-Event-ID`; 410 when that is no longer kept.",
    query: z.object({
      namespace: ofNamespace,
      service: ofService,
      tail: z.coerce
        .number()
        .int()
        .min(0)
        .max(limits.eventsKept)
        .default(0)
        .describe("Starts with this many past events."),
      follow: z.stringbool().default(true).describe("Goes on with events as they happen."),
    }),
    answer: event,
    framing: "events",
    headers: ["Last-Event-ID"],
  },
  missingBlobs: {
    method: "POST",
    path: "/v1/blobs/missing",
    summary: "Which of these blobs the cluster lacks.",
    body: z.strictObject({ digests: z.array(digest).max(1_000) }),
    answer: z.object({ digests: z.array(digest) }),
    framing: "json",
  },
  putBlob: {
    method: "PUT",
    path: "/v1/blobs/:digest",
    summary: "Uploads one blob; acknowledged once it is durable and matches its digest.",
    params: z.object({ digest: digest.describe("Of the blob: `sha256:` and 64 hex digits.") }),
    rawBody: true,
    framing: "empty",
  },
  resolveImage: {
    method: "POST",
    path: "/v1/images/resolve",
    summary:
      "What a reference in a registry names now, asked with the same credentials as a service of the namespace.",
    body: imageQuestion,
    answer: z.object({ digest }),
    framing: "json",
  },
  secretDigests: {
    method: "POST",
    path: "/v1/secret-digests",
    summary: "The keyed digests of values, to tell whether a stored secret is still the one a client holds.",
    body: z.strictObject({ values: z.array(z.string()).max(1_000) }),
    answer: z.object({ digests: z.array(z.string()) }),
    framing: "json",
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
