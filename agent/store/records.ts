import * as z from "zod";
import { availability, cluster, hostReport, hostSettings, instance, owner } from "../../contract/index.ts";

/** One sort of stored record: where its keys are and what they hold. */
export interface Family<R = unknown> {
  readonly prefix: string;
  readonly schema: z.ZodType<R>;
  /** Nothing can be decided without one of these: the store does not open where it cannot be read. Others are left out. */
  readonly isVital: boolean;
}

/** The version written into every record; a reader of a newer one refuses, of an older one migrates. */
export const recordVersion = 1;

/** Fields that a newer version wrote stay in the record, though its type does not name them. */
const kept = <S extends z.ZodRawShape>(shape: S): z.ZodType<z.infer<z.ZodObject<S>>> => z.looseObject(shape);

const clusterRecord = kept(cluster.omit({ labels: true, taints: true, reserved: true }).shape);
export type StoredCluster = z.infer<typeof clusterRecord>;

/** A machine of the cluster, from its joining to its leaving. */
const hostRecord = kept({
  name: z.string(),
  /** `server`: it keeps the state as well. */
  role: z.enum(["server", "host"]),
  /** The machine's own id (machine-id(5)); absent: its agent has not said it yet. */
  uid: z.string().optional(),
  /** Where other hosts reach it; a server listens there. */
  address: z.string().optional(),
  /** The address is not the machine's own, and nobody said that it leads there: the host can dial out, and not be dialled. */
  isBehindNat: z.boolean().optional(),
  /** The public key of its end of a tunnel, in base64, as the host said last. */
  wireguardKey: z.string().optional(),
  /** Its instances' addresses; never changes. */
  cidr: z.string(),
  /** Serial number of its certificate, and of the one before: that is good until the new one has arrived. */
  certificate: z.object({ serial: z.string(), previous: z.string().optional() }).optional(),
  /** RFC 3339. */
  addedAt: z.string(),
  /** Absent: it joined by hand. */
  owner: owner.optional(),
  /** As its owner wrote them. */
  ...hostSettings,
  /** Absent: active. */
  availability: availability.optional(),
  /** Never stored: in what is read with `withStates`. Absent: ready. */
  state: z.enum(["ready", "suspect", "lost"]).optional(),
});
export type HostRecord = z.infer<typeof hostRecord>;

/** A right to join, kept until its time is over. */
const tokenRecord = kept({
  /** The name that the host gets. */
  host: z.string(),
  /** What it becomes; absent: a host alone. */
  role: z.enum(["server", "host"]).optional(),
  /** SHA-256 of the secret part. */
  digest: z.string(),
  expiresAt: z.string(),
  by: z.string(),
  /** Of the host from its first moment on. */
  owner: owner.optional(),
  ...hostSettings,
  /** SHA-256 of the public key that joined by it; who holds that may ask once more, where the answer was lost. */
  spentBy: z.string().optional(),
});
export type TokenRecord = z.infer<typeof tokenRecord>;

/** How much was given out so far: the next one is looked for behind it. */
const allocationRecord = kept({
  serviceAddresses: z.int(),
  /** Counts changes of published ports, so that no two of them go unseen by each other. */
  publications: z.int().optional(),
  /** Hosts' ranges; absent: one for each host there is. */
  hostRanges: z.int().optional(),
});

/** A document as the API wrote it; secret leaves are sealed. */
const desiredRecord = kept({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  revision: z.int(),
  owner,
  createdAt: z.string(),
  updatedAt: z.string(),
  /** Who wrote this revision. */
  by: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
});
export type Desired = z.infer<typeof desiredRecord>;

/** What instances of one revision of a service's workload run; never changed, secret leaves sealed. */
const specRecord = kept({
  uid: z.string(),
  revision: z.int(),
  namespace: z.string(),
  service: z.string(),
  /** Digest of all that makes instances differ; equal identities are one revision. */
  identity: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  imageDigest: z.string(),
  minHealthyTimeMs: z.number(),
  at: z.string(),
});
export type Spec = z.infer<typeof specRecord>;

const placed = kept({
  id: z.string(),
  namespace: z.string(),
  service: z.string(),
  serviceUid: z.string(),
  name: z.string(),
  index: z.int(),
  revision: z.int(),
  address: z.string(),
  want: z.enum(["run", "drain"]),
  /** Another one is to take its place elsewhere. */
  isMoving: z.boolean().optional(),
  /** An exclusive one whose host is given up: no server confirms it any more. */
  isFenced: z.boolean().optional(),
  reason: z.string(),
  at: z.string(),
});
export type Placed = z.infer<typeof placed>;

const placementRecord = kept({
  placements: z.array(placed),
  /** On the first key alone: how many instances this host was given so far. */
  given: z.int().optional(),
});
export type PlacementRecord = z.infer<typeof placementRecord>;

const observedRecord = kept({
  instances: z.array(instance),
  /** On the first key alone. */
  host: hostReport.optional(),
  /** And which one of its agent's reports it was. */
  count: z.int().optional(),
});
export type ObservedRecord = z.infer<typeof observedRecord>;

const historyRecord = kept({
  /** Oldest first; `serial` counts on when old ones are dropped. */
  entries: z.array(kept({ serial: z.int(), at: z.string(), message: z.string() })),
});
export type HistoryRecord = z.infer<typeof historyRecord>;

/** What references of registries named when they were last asked for, the newest answer last. */
const resolutionsRecord = kept({
  entries: z.array(kept({ reference: z.string(), digest: z.string(), at: z.string() })),
});
export type ResolutionsRecord = z.infer<typeof resolutionsRecord>;

/** Which server's agent leads; every write of the leader compares it. */
const leaderRecord = kept({
  /** Counts the take-overs. */
  epoch: z.int(),
  server: z.string(),
  /** One for all revisions of one store: it is another one once the cluster came back from a backup. */
  lineage: z.string(),
  /** RFC 3339. */
  at: z.string(),
});
export type LeaderRecord = z.infer<typeof leaderRecord>;

/** Who deleted a document: its event names them. Removed by the leader after a while. */
const tombstoneRecord = kept({ by: z.string(), at: z.string(), revision: z.int() });

const family = <R>(prefix: string, schema: z.ZodType<R>): Family<R> => ({ prefix, schema, isVital: false });
const vital = <R>(prefix: string, schema: z.ZodType<R>): Family<R> => ({ prefix, schema, isVital: true });

/** Every sort of key in the store. */
export const families = {
  cluster: vital("cluster", clusterRecord),
  host: vital("host/", hostRecord),
  token: family("token/", tokenRecord),
  allocation: vital("allocation", allocationRecord),
  desired: family("desired/", desiredRecord),
  spec: family("spec/", specRecord),
  placement: vital("placement/", placementRecord),
  observed: vital("observed/", observedRecord),
  history: family("history/", historyRecord),
  resolutions: family("resolutions", resolutionsRecord),
  tombstone: family("tombstone/", tombstoneRecord),
  leader: vital("leader/", leaderRecord),
} as const;

export const keys = {
  cluster: "cluster",
  host: (name: string) => `host/${name}`,
  token: (id: string) => `token/${id}`,
  allocation: "allocation",
  resolutions: "resolutions",
  desired: (namespace: string, kind: string, name: string) => `desired/${namespace}/${kind}/${name}`,
  /** Zero-padded, so that the order of keys is the order of revisions. */
  spec: (uid: string, revision: number) => `spec/${uid}/${String(revision).padStart(10, "0")}`,
  specs: (uid: string) => `spec/${uid}/`,
  placement: (host: string, chunk: number) => `placement/${host}${chunk === 0 ? "" : `.${chunk}`}`,
  observed: (host: string, chunk: number) => `observed/${host}${chunk === 0 ? "" : `.${chunk}`}`,
  history: (namespace: string, kind: string, name: string) => `history/${namespace}/${kind}/${name}`,
  leader: "leader/epoch",
  tombstone: (namespace: string, kind: string, name: string) => `tombstone/${namespace}/${kind}/${name}`,
} as const;

/** The host of a `placement/` or `observed/` key; a host's name holds no dot. */
export function hostOfKey(key: string): string {
  return (key.split("/")[1] ?? "").split(".")[0] ?? "";
}

export function familyOf(key: string): Family | undefined {
  return Object.values(families).find(({ prefix }) =>
    prefix.endsWith("/") ? key.startsWith(prefix) : key === prefix,
  );
}
