import { ConstellationError, nearest, parseReference, type Violation } from "../../contract/index.ts";
import { type Clusters, nextAddress } from "../cluster/index.ts";
import type { Admission, Candidate, KindFeature } from "../documents/index.ts";
import { admitService, requestOf } from "../scheduler/index.ts";
import { type Desired, families, keys, type Put, type Store } from "../store/index.ts";
import type { Leader } from "./loop.ts";
import { type PortProbe, publishPorts } from "./published-ports.ts";
import { type ContentKind, type Reference, referencesOf } from "./references.ts";
import { serviceStatus } from "./status.ts";
import { hostCapacities } from "./view.ts";

export interface ServiceFeaturePorts {
  readonly store: Store;
  readonly clusters: Clusters;
  readonly ports: PortProbe;
  readonly leader: Leader;
  /** Throws `image-missing` or `image-invalid` when the image cannot be run from what is here. */
  readonly requireImage: (manifestDigest: string) => Promise<void>;
}

/** What a Service is beyond a document: what it names exists, its image is here, its ports are free, it fits. */
export function createServiceFeature(ports: ServiceFeaturePorts): KindFeature {
  return {
    check: async (candidate) => [
      ...nameViolations(candidate),
      ...imageViolations(candidate.inputs),
      ...referenceViolations(ports.store, candidate),
    ],

    async admit(candidate) {
      const { store, clusters } = ports;
      const { namespace, name, inputs, earlier, dryRun } = candidate;
      const title = `${namespace}/${name}`;
      admitService(title, requestOf(inputs), Number(inputs.replicas), hostCapacities(store, candidate.uid));
      const imageDigest = String(inputs.imageDigest ?? digestInReference(inputs));
      // A dry run comes before the upload: what the image lacks is found out when it is really written.
      if (!dryRun) await ports.requireImage(imageDigest);
      const endpoints = await publishPorts(candidate, store, ports.ports);
      const address = addressOf(earlier, ports, dryRun);
      const dnsName = `${name}.${namespace}.${clusters.current().network.domain}`;
      return { outputs: { ...address.outputs, dnsName, imageDigest, endpoints }, writes: address.writes };
    },

    status: (desired) => serviceStatus(ports.store, ports.leader, desired),
  };
}

/** A label of DNS, and what the kernel takes for a host's name. */
const slotNameBytes = 63;

/** Slots are named after the service; the last one has the longest name. */
function nameViolations({ name, inputs }: Candidate): Violation[] {
  const last = `-${Math.max(0, Number(inputs.replicas) - 1)}`;
  const most = slotNameBytes - last.length;
  if (name.length <= most) return [];
  const reason = `has ${name.length} characters, and its instances are named ${name}${last}; use at most ${most}`;
  return [{ path: "name", reason }];
}

function imageViolations(inputs: Candidate["inputs"]): Violation[] {
  const text = String(inputs.image);
  const reference = referenceOf(text);
  if (reference instanceof ConstellationError) return [{ path: "image", reason: reference.message }];
  if (inputs.imageDigest !== undefined || (reference.kind === "registry" && reference.digest !== undefined))
    return [];
  if (reference.kind !== "registry") {
    return [
      {
        path: "imageDigest",
        reason: `is needed with ${text}; the provider computes it, other clients must send it`,
      },
    ];
  }
  const reason = `${text} is in a registry, and this version runs images from local files alone; write oci:path/to/layout:tag or docker-archive:file.tar`;
  return [{ path: "image", reason }];
}

function digestInReference(inputs: Candidate["inputs"]): string {
  const reference = referenceOf(String(inputs.image));
  return !(reference instanceof ConstellationError) && reference.kind === "registry"
    ? (reference.digest ?? "")
    : "";
}

function referenceOf(text: string) {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof ConstellationError) return error;
    throw error;
  }
}

/** In a dry run a missing document may be one that the same run makes first. */
function referenceViolations(store: Store, { namespace, inputs, dryRun }: Candidate): Violation[] {
  return referencesOf(inputs).flatMap((reference): Violation[] => {
    const { kind, name, path } = reference;
    const stored = store.get(families.desired, keys.desired(namespace, kind, name));
    if (stored) return contentViolations[kind](stored.record, reference);
    if (dryRun) return [];
    const others = store
      .list(families.desired, keys.desired(namespace, kind, ""))
      .map(({ record }) => record.name);
    const meant = nearest(name, others);
    return [
      {
        path,
        reason: `no ${kind} ${name} in namespace ${namespace}${meant ? `; did you mean "${meant}"?` : "; create it first"}`,
      },
    ];
  });
}

/** Whether what is there has what is asked of it. */
const contentViolations: Record<ContentKind, (stored: Desired, reference: Reference) => Violation[]> = {
  Secret: keyViolations,
  ConfigFile: () => [],
};

function keyViolations(secret: Desired, { key, keyPath: at }: Reference): Violation[] {
  const values = secret.inputs.values as Record<string, unknown> | undefined;
  if (values === undefined) {
    return key === undefined
      ? []
      : [{ path: at, reason: `Secret ${secret.name} has a single value; leave key out` }];
  }
  const names = Object.keys(values);
  if (key === undefined)
    return [{ path: at, reason: `is needed: Secret ${secret.name} has ${names.join(", ")}` }];
  if (Object.hasOwn(values, key)) return [];
  const meant = nearest(key, names);
  return [
    {
      path: at,
      reason: `Secret ${secret.name} has no "${key}"${meant ? `; did you mean "${meant}"?` : `; it has ${names.join(", ")}`}`,
    },
  ];
}

/** A service keeps its virtual address for life; a new one gets one that nobody had for long. */
function addressOf(
  earlier: Desired | undefined,
  { store, clusters }: ServiceFeaturePorts,
  dryRun: boolean,
): Admission {
  if (earlier) {
    const { address, addresses } = earlier.outputs;
    return { outputs: { address, addresses }, writes: [] };
  }
  if (dryRun) return { outputs: {}, writes: [] };
  const allocation = store.get(families.allocation, keys.allocation);
  const inUse = new Set(store.list(families.desired).map(({ record }) => String(record.outputs.address)));
  const { serviceCidr } = clusters.current().network;
  const next = nextAddress(serviceCidr, allocation?.record.serviceAddresses ?? 0, inUse, 1);
  if (!next)
    throw new ConstellationError(
      "unplaceable",
      `find a virtual address: ${serviceCidr} is used up; delete a service`,
    );
  const put: Put = {
    key: keys.allocation,
    record: { serviceAddresses: next.given },
    was: allocation?.modRevision,
  };
  return { outputs: { address: next.address, addresses: [next.address] }, writes: [put] };
}
