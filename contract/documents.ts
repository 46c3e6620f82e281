import * as z from "zod";
import { about } from "./model/field.ts";
import { dnsLabel } from "./model/values.ts";
import { networkMode } from "./resources/cluster.ts";
import { hostSettings } from "./resources/host-settings.ts";
import { resources } from "./resources/index.ts";
import { imageStorage, registries } from "./resources/registries.ts";

/** Who made a document. A second owner is refused, a retry by the same one continues. */
export const owner = z.strictObject({
  /** The engine or tool that wrote it. */
  engine: z.enum(["pulumi", "terraform", "cli"]),
  /** Identifies it within the engine: a Pulumi URN. */
  id: z.string().min(1).max(2_048),
  /** Tells apart two backends that hold the same URN. */
  scope: z.string().max(2_048).optional(),
});
export type Owner = z.infer<typeof owner>;

export function isSameOwner(one: Owner, other: Owner): boolean {
  return one.engine === other.engine && one.id === other.id && one.scope === other.scope;
}

/** Whether one stack declares both: the first two parts of their URNs, `urn:pulumi:STACK::PROJECT`, are alike. */
export function isSameStack(one: Owner, other: Owner): boolean {
  const stackOf = ({ id }: Owner) => id.split("::").slice(0, 2).join("::");
  return one.engine === other.engine && one.scope === other.scope && stackOf(one) === stackOf(other);
}

/**
 * One resource as the API answers it. `inputs` is what the user wrote with defaults filled in; secret leaves
 * are `{ "$secret": { "digest": ... } }`. The HTTP `ETag` is the store's revision of the document.
 */
export const document = z.object({
  kind: z.enum(Object.keys(resources) as [string, ...string[]]),
  namespace: dnsLabel,
  name: dnsLabel,
  uid: z.string(),
  /** Counts the changes of `inputs`, from 1. */
  revision: z.int().min(1),
  owner,
  /** RFC 3339, UTC. */
  createdAt: z.string(),
  updatedAt: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  /** The stable and revised outputs of the kind's definition. */
  outputs: z.record(z.string(), z.unknown()),
  /** Live: never in an engine's state. Absent for kinds that are nothing but content. */
  status: z.lazy(() => serviceStatus).optional(),
  /** In the answer to a write alone: what was not checked, or done in another way than asked. */
  warnings: z.array(z.string()).optional(),
  /** In the answer to a dry run alone: what would come of the write, as of now. */
  notes: z.array(z.string()).optional(),
  /** The store's revision; the `ETag` without quotes. */
  etag: z.string(),
});
export type Document = z.infer<typeof document>;

/**
 * An instance's life, in the order it usually goes:
 * pending (no host yet), placed (a host knows), pulling, starting, running, stopping, then
 * completed (ended with 0 and stays so), failed (ended and stays so), backoff (waits to start again), lost (its host is gone).
 */
export const instanceState = z.enum([
  "pending",
  "placed",
  "pulling",
  "starting",
  "running",
  "stopping",
  "completed",
  "failed",
  "backoff",
  "lost",
  "unknown",
]);
export type InstanceState = z.infer<typeof instanceState>;

/** What a host last reported of one instance. */
export const instance = z.object({
  id: z.string().describe("Unique for ever: `web-0-5f3a9c`."),
  namespace: z.string().describe("Its service's namespace."),
  service: z.string().describe("Its service's name."),
  serviceUid: z.string().describe("Tells apart two services that had the same name one after the other."),
  name: z.string().describe("The slot, kept across replacement: `web-0`."),
  index: z.int().describe("The slot's number, from 0."),
  host: z.string().describe("Where it runs."),
  address: z.string().describe("Its own address."),
  revision: z.int().describe("The spec's revision that it runs."),
  state: instanceState.describe("Where it is in its life."),
  healthy: z.boolean().describe("Whether it is to take traffic."),
  reason: z
    .string()
    .describe("Why it is in this state: `exited with code 1`, `killed: out of memory`, `no longer wanted`."),
  isStuck: z
    .boolean()
    .optional()
    .describe(
      "Trying again will not help until somebody changes what `reason` names: its image was denied, say.",
    ),
  restarts: z
    .int()
    .describe(
      "How often it was started again. Not counted where it was fenced, killed since its host was cut off: `reason` then says so.",
    ),
  exitCode: z.int().optional().describe("Of its last run; 128 and the signal's number where one ended it."),
  image: z.string().describe("The image as its service names it."),
  since: z.string().describe("When it entered this state, RFC 3339."),
  startedAt: z.string().optional().describe("When it last started, RFC 3339."),
  pid: z.int().optional().describe("The container's process 1 as the host sees it."),
});
export type Instance = z.infer<typeof instance>;

/** Why a wanted slot has no instance; `message` names each host's reason. */
export const rejection = z.object({ slot: z.string(), message: z.string() });
export type Rejection = z.infer<typeof rejection>;

/**
 * The live state of a service. It says nothing about a document's revision before `observedRevision` has reached it.
 * `specRevision` counts changes of what an instance runs (its workload, the secrets and config files it names);
 * a change of `replicas` alone leaves it. Instances with a smaller `revision` are about to be replaced.
 */
export const serviceStatus = z.object({
  observedRevision: z.int(),
  specRevision: z.int(),
  wanted: z.int(),
  instances: z.array(instance),
  rejections: z.array(rejection),
});
export type ServiceStatus = z.infer<typeof serviceStatus>;

const amounts = z.object({ cpu: z.number().describe("Cores."), memory: z.number().describe("Bytes.") });

/** Whether a host takes instances; `draining`: those that are there move away, too. */
export const availability = about(z.enum(["active", "cordoned", "draining"]), { type: "HostAvailability" });
export type Availability = z.infer<typeof availability>;

/** What a host says of itself. */
export const hostReport = z.object({
  name: z.string().describe("Its name within the cluster."),
  address: z.string().describe("Where other hosts reach it."),
  cidr: z.string().describe("The range of its instances' addresses."),
  agentVersion: z.string().describe("The version of the agent on it."),
  kernel: z.string().describe("The release of its kernel."),
  arch: z.string().optional().describe("Its processor, as images name it: `amd64`, `arm64`."),
  cgroup: z.enum(["v2", "v1", "private-v1"]).describe("How it limits instances."),
  capacity: amounts.describe("What it has."),
  ulimitCeilings: z
    .record(z.string(), z.number())
    .describe(
      "Hard ceilings of ulimits a container can get here: `{ nofile: 65536 }`; absent means no ceiling.",
    ),
  missingCapabilities: z
    .array(z.string())
    .optional()
    .describe("Capabilities that no container can be given here: `[SYS_RESOURCE]`."),
  fences: z
    .boolean()
    .optional()
    .describe("Whether its guard ends what may run only while servers confirm it; absent: it cannot."),
  startedAt: z.string().describe("When its agent started, RFC 3339."),
  wireguardKey: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/)
    .optional()
    .describe("The public key of its tunnels to other hosts."),
});
export type HostReport = z.infer<typeof hostReport>;

/** A host's report, and what the servers know of it. */
export const host = hostReport.extend({
  role: z.enum(["server", "host"]).describe("`server`: it keeps the cluster's state as well."),
  state: z
    .enum(["ready", "suspect", "lost"])
    .describe("Whether it answers; `lost`: what was placed there is placed elsewhere."),
  absences: z
    .int()
    .optional()
    .describe(
      "How often it fell silent lately, where that is too often: it gets nothing new until it has answered for a minute.",
    ),
  isDiskFull: z
    .boolean()
    .optional()
    .describe("Its disk is full: it gets nothing new until there is room; absent: it is not."),
  clockSkewMs: z
    .number()
    .optional()
    .describe("How far its clock is ahead of the one of the server that answers, in milliseconds."),
  availability: availability.describe("Whether it takes instances."),
  labels: z.record(z.string(), z.string()).describe("What its owner calls it, for placement."),
  attributes: z
    .record(z.string(), z.string())
    .describe("What it is by itself, for placement: `host.arch`, `host.kernel` ..."),
  taints: hostSettings.taints.unwrap().describe("Keep instances away that do not tolerate them."),
  reserved: amounts.describe("What its instances have reserved of its capacity."),
  systemReserved: amounts.describe("What it keeps for itself of its capacity."),
  instances: z.int().describe("How many instances are placed on it."),
});
export type Host = z.infer<typeof host>;

/** A host as the cluster keeps it, whether it has ever reported or not. */
export const member = z.object({
  name: host.shape.name,
  role: host.shape.role,
  state: host.shape.state,
  availability: host.shape.availability,
  address: z.string().optional().describe("Where other hosts reach it; absent: nobody has said."),
  machineDigest: z
    .string()
    .optional()
    .describe("Tells its machine from others, by its machine id; absent: its agent has not said it yet."),
  addedAt: z.string().describe("RFC 3339, UTC."),
  owner: owner.optional().describe("Who made it; absent: it joined by hand."),
  /** As its owner wrote them. */
  ...hostSettings,
});
export type Member = z.infer<typeof member>;

/** A host that keeps the cluster's state. */
export const server = z.object({
  name: host.shape.name,
  address: z.string().optional().describe("Where the others reach it; absent: it is alone."),
  role: z
    .enum(["voter", "learner", "none"])
    .describe(
      "`learner`: it follows, and counts for no majority yet; `none`: it was to be one, and keeps nothing.",
    ),
  isLeader: z.boolean().describe("Its agent schedules."),
  isHealthy: z.boolean().describe("Its store answers the server that was asked."),
});
export type Server = z.infer<typeof server>;

/** Where a service's instances are and why, and what each host says to one more. */
export const explanation = z.object({
  namespace: z.string(),
  service: z.string(),
  /** How many instances it is to have. */
  wanted: z.int(),
  /** In order of slot; those on their way out as well. */
  placed: z.array(z.object({ slot: z.string(), instance: z.string(), host: z.string(), reason: z.string() })),
  /** Wanted slots that no host takes. */
  rejections: z.array(rejection),
  hosts: z.array(
    z.object({
      name: z.string(),
      /** How many of the service's it has. */
      instances: z.int(),
      /** All that speaks against one more: empty where it would fit. */
      reasons: z.array(z.string()),
    }),
  ),
});
export type Explanation = z.infer<typeof explanation>;

/** Counters of one running instance. Rates come from two samples and their hosts' clocks. */
const instanceStats = z.object({
  id: z.string().describe("The instance's."),
  namespace: z.string().describe("Its service's namespace."),
  service: z.string().describe("Its service's name."),
  name: z.string().describe("The slot: `web-0`."),
  host: z.string().describe("Where it runs."),
  restarts: z.int().describe("How often it was started again."),
  cpuSeconds: z.number().describe("Processor time since its start, over all cores."),
  memoryBytes: z.number().describe("In use, without what the kernel would take back first."),
  memoryLimitBytes: z.number().optional().describe("The most it may use; absent: no limit."),
  pids: z.int().describe("Processes and threads."),
  pidsLimit: z.int().optional().describe("The most it may have; absent: no limit."),
  receivedBytes: z.number().describe("Through its network link since that was made."),
  sentBytes: z.number().describe("The same, outwards."),
});

const hostStats = z.object({
  name: z.string().describe("The host's."),
  clockSeconds: z
    .number()
    .describe("A clock that never jumps: the time between two samples, whatever the date says."),
  cores: z.int().describe("How many it has."),
  cpuSeconds: z.number().describe("Processor time of everything that runs there, over all cores."),
  memoryBytes: z.number().describe("Not free."),
  memoryTotalBytes: z.number().describe("What the machine has."),
});

/** One sample of what is used. */
export const stats = z.object({
  at: z.string().describe("RFC 3339."),
  hosts: z.array(hostStats),
  items: z.array(instanceStats).describe("Running instances, in no order."),
});
export type Stats = z.infer<typeof stats>;

/** One line of the event stream. */
export const event = z.discriminatedUnion("type", [
  /** A document was written or deleted. */
  z.object({
    type: z.literal("document"),
    action: z.enum(["created", "updated", "deleted"]),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    revision: z.int(),
    by: z.string(),
    at: z.string(),
  }),
  /** An instance changed its state or health; `removed` once nothing of it is left. */
  z.object({ type: z.literal("instance"), instance, removed: z.boolean(), at: z.string() }),
  /** The leader decided something about a service: placed, stopped, could not place. */
  z.object({
    type: z.literal("decision"),
    namespace: z.string(),
    service: z.string(),
    message: z.string(),
    at: z.string(),
  }),
  /** Passing and not stored: a host answers, or does not. */
  z.object({
    type: z.literal("host"),
    name: z.string(),
    state: z.enum(["ready", "suspect", "lost"]),
    message: z.string(),
    at: z.string(),
  }),
  /** Passing and not stored: how far a long step is, `unpacking nginx 41%`. */
  z.object({
    type: z.literal("progress"),
    namespace: z.string(),
    service: z.string(),
    instance: z.string(),
    message: z.string(),
    at: z.string(),
  }),
]);
export type Event = z.infer<typeof event>;

/** The cluster's own record. */
export const cluster = z.object({
  id: z.string(),
  name: z.string(),
  owner,
  createdAt: z.string(),
  network: z.object({
    ...{ cidr: z.string(), serviceCidr: z.string(), domain: z.string() },
    mode: networkMode.default("wireguard"),
  }),
  registries: registries.optional(),
  imageStorage: imageStorage.optional(),
  /** Those of the host that answers. */
  ...hostSettings,
});
export type ClusterRecord = z.infer<typeof cluster>;

export const info = z.object({
  /** The agent's version. */
  version: z.string(),
  /** Counts changes of the model that a client must know about. */
  model: z.int(),
  clusterId: z.string().nullable(),
  host: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  /** Why no other machine reaches this server just now; absent: they do, or none is to. */
  unheard: z.string().optional(),
  /** Keys of records that the store holds and this agent cannot read; absent: none. At most 20. */
  unreadable: z.array(z.string()).optional(),
});
export type Info = z.infer<typeof info>;
