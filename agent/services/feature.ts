import { isDeepStrictEqual } from "node:util";
import { ConstellationError, nearest, type Violation } from "../../contract/index.ts";
import { type Clusters, nextAddress } from "../cluster/index.ts";
import type { Admission, Candidate, KindFeature } from "../documents/index.ts";
import { attachmentProblems } from "../networks/index.ts";
import { admitService, createFleet, requestOf } from "../scheduler/index.ts";
import { type Desired, families, keys, type Put, type Store } from "../store/index.ts";
import { fleetOf, type HostStates, machinesOf } from "./fleet.ts";
import { foreseen } from "./foresee.ts";
import { closedPathViolations } from "./host-paths.ts";
import { type FoundImage, findImage, type ImagePorts } from "./images.ts";
import type { Outlook } from "./loop.ts";
import type { Progress } from "./progress.ts";
import { type PortProbe, publishPorts } from "./published-ports.ts";
import { type ContentKind, type Reference, referencesOf } from "./references.ts";
import { serviceStatus } from "./status.ts";

export interface ServiceFeaturePorts {
  readonly store: Store;
  readonly clusters: Clusters;
  readonly ports: PortProbe;
  readonly outlook: Outlook;
  readonly images: ImagePorts;
  readonly progress: Progress;
  readonly hostStates: HostStates;
  /** The agent's own on its machine: no instance may mount them. */
  readonly closedFolders: readonly string[];
}

/** What a Service is beyond a document: what it names exists, its image is here, its ports are free, it fits. */
export function createServiceFeature(ports: ServiceFeaturePorts): KindFeature<FoundImage> {
  return {
    find: (candidate) => findImage(candidate, ports.images),

    check: async (candidate, image) => [
      ...nameViolations(candidate),
      ...closedPathViolations(candidate.inputs, ports.closedFolders),
      ...(image.kind === "refused" ? [image.violation] : []),
      ...referenceViolations(ports.store, candidate),
      ...attachmentProblems(ports.store, candidate),
    ],

    async admit(candidate, image) {
      const { store, clusters } = ports;
      const { namespace, name, inputs, earlier, dryRun } = candidate;
      const title = `${namespace}/${name}`;
      const hosts = createFleet(machinesOf(store));
      const filled = () => fleetOf(store, candidate.uid);
      admitService(title, requestOf(candidate, inputs), Number(inputs.replicas), hosts, filled);
      const { outputs, warnings } = imageOutputs(image, candidate);
      const isFound = image.kind === "found";
      // A dry run comes before the upload: what the image lacks is found out when it is really written.
      if (isFound && image.isUpload && !dryRun) await ports.images.images.requireImage(image.digest);
      const endpoints = await publishPorts(candidate, store, ports.ports);
      const address = addressOf(earlier, ports, dryRun);
      const dnsName = `${name}.${namespace}.${clusters.current().network.domain}`;
      return {
        outputs: { ...address.outputs, dnsName, ...outputs, endpoints },
        writes: [
          ...(address.writes.length > 0 ? address.writes : publication(earlier, endpoints, store)),
          ...(isFound ? image.writes() : []),
        ],
        warnings,
        notes: dryRun ? foreseen(candidate, store, ports.hostStates) : [],
      };
    },

    along: (desired) => ports.outlook.along(desired),

    status: (desired) => serviceStatus(ports.store, ports.outlook, ports.progress, desired),
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

/** What the write says of an image whose registry did not answer: a preview goes on without it. */
function imageOutputs(image: FoundImage, { namespace, name, dryRun, earlier }: Candidate) {
  if (image.kind === "found")
    return { outputs: { imageDigest: image.digest }, warnings: image.warning ? [image.warning] : [] };
  const problem = image.kind === "unknown" ? image.error : undefined;
  if (dryRun) return { outputs: {}, warnings: [`image not checked: ${problem?.message}`] };
  const action = `${earlier ? "update" : "create"} service ${namespace}/${name}`;
  throw new ConstellationError("image-unreachable", `${action}: ${problem?.message}`, { cause: problem });
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

function keyViolations(secret: Desired, { purpose, key, keyPath: at, path }: Reference): Violation[] {
  const values = secret.inputs.values as Record<string, unknown> | undefined;
  if (purpose === "credential") {
    const missing = ["username", "password"].filter((name) => !Object.hasOwn(values ?? {}, name));
    const reason = `Secret ${secret.name} has no ${missing.join(" and no ")} in its values; give it both`;
    return missing.length > 0 ? [{ path, reason }] : [];
  }
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

/**
 * Another server may give out the same port at this moment: both change one record, and one of them decides anew. A new
 * service does so by its address.
 */
function publication(earlier: Desired | undefined, endpoints: readonly object[], store: Store): Put[] {
  const before = (earlier?.outputs.endpoints ?? []) as readonly object[];
  const isKept = endpoints.every((one) => before.some((other) => isDeepStrictEqual(one, other)));
  if (isKept) return [];
  const stored = store.get(families.allocation, keys.allocation);
  const publications = (stored?.record.publications ?? 0) + 1;
  const record = { serviceAddresses: 0, ...stored?.record, publications };
  return [{ key: keys.allocation, record, was: stored?.modRevision }];
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
    record: { ...allocation?.record, serviceAddresses: next.given },
    was: allocation?.modRevision,
  };
  return { outputs: { address: next.address, addresses: [next.address] }, writes: [put] };
}
