import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  type ClusterRecord,
  type ClusterWrite,
  ConstellationError,
  cluster as clusterSchema,
  type HostSettings,
} from "../../contract/index.ts";
import { families, type HostRecord, keys, type Put, type Store, type StoredCluster } from "../store/index.ts";
import { type LocalRange, networkViolations } from "./founding.ts";
import { hostRange } from "./ranges.ts";

export interface Clusters {
  /** Throws `no-cluster` before one is founded. */
  current(): StoredCluster;
  find(): StoredCluster | undefined;
  /** The record as the API answers it, with the settings of the host it was founded on; throws `no-cluster`. */
  describe(): ClusterRecord;
  /** The same owner may repeat it with the same network, and change the rest; anybody else is `owned`. */
  found(founding: ClusterWrite): Promise<ClusterRecord>;
}

/** The cluster's own record: its id and its network. */
export function createClusters(
  store: Store,
  hostName: string,
  localRanges: () => readonly LocalRange[],
  now: () => Date,
): Clusters {
  const find = () => store.get(families.cluster, keys.cluster)?.record;
  const current = () => {
    const record = find();
    if (record) return record;
    throw new ConstellationError(
      "no-cluster",
      "use the cluster: this agent has none yet; create a Cluster first",
    );
  };
  /** The machine that it was founded on, or the server that is left of the first: whichever server is asked. */
  const founder = () => {
    const servers = store.list(families.host).filter(({ record }) => record.role === "server");
    return servers.reduce<(typeof servers)[number] | undefined>(
      (first, one) => (first && first.record.addedAt <= one.record.addedAt ? first : one),
      undefined,
    );
  };
  const describe = () => {
    return clusterSchema.parse({ ...current(), ...hostSettingsIn(founder()?.record ?? {}) });
  };
  return {
    find,
    current,
    describe,

    async found(founding) {
      const existing = store.get(families.cluster, keys.cluster);
      if (existing === undefined) {
        const writes = foundedBy(founding, hostName, localRanges(), now());
        await store.commit(writes);
        return describe();
      }
      const host = founder();
      const changes = [
        { stored: existing, record: changedBy(existing.record, founding) },
        ...(host ? [{ stored: host, record: withSettings(host.record, founding) }] : []),
      ].filter(({ stored, record }) => !isDeepStrictEqual(stored.record, record));
      if (changes.length > 0)
        await store.commit(
          changes.map(({ stored, record }) => ({ key: stored.key, record, was: stored.modRevision })),
        );
      return describe();
    },
  };
}

/** The record with what can change in place. */
function changedBy(existing: StoredCluster, founding: ClusterWrite): StoredCluster {
  const { owner, name, network } = founding;
  if (!isDeepStrictEqual(existing.owner, owner)) {
    throw new ConstellationError(
      "owned",
      `found cluster ${name}: this machine's agent serves ${existing.name}, created by ${existing.owner.id} on ${existing.createdAt}; use that one or set another root`,
    );
  }
  const { mode } = network;
  if (!isDeepStrictEqual({ ...existing.network, mode }, network)) {
    throw new ConstellationError(
      "invalid",
      `change cluster ${name}: a network's ranges and domain cannot be changed in place; replace the cluster`,
      {
        violations: [
          { path: "network", reason: "cannot be changed while the cluster exists, but for its mode" },
        ],
      },
    );
  }
  const { registries: _, imageStorage: __, ...kept } = existing;
  return { ...kept, network, ...settingsOf(founding) };
}

function withSettings(host: HostRecord, founding: ClusterWrite): HostRecord {
  const { labels: _, taints: __, reserved: ___, ...kept } = host;
  return { ...kept, ...hostSettingsIn(founding) };
}

/** What its owner says of a host; what is left out is not stored. */
function hostSettingsIn({ labels, taints, reserved }: HostSettings): HostSettings {
  return { ...(labels && { labels }), ...(taints && { taints }), ...(reserved && { reserved }) };
}

/** How images come to the cluster's hosts; what is left out is not stored. */
function settingsOf({ registries, imageStorage }: ClusterWrite) {
  return { ...(registries && { registries }), ...(imageStorage && { imageStorage }) };
}

/** The cluster's record, and that of the machine it is founded on. */
function foundedBy(
  founding: ClusterWrite,
  hostName: string,
  local: readonly LocalRange[],
  now: Date,
): [Put, Put] {
  const { owner, name, network } = founding;
  const violations = networkViolations(network, local);
  const cidr = hostRange(network.cidr, 0);
  if (cidr === undefined || violations.length > 0) {
    const lines = violations.map(({ path, reason }) => `${path} ${reason}`);
    throw new ConstellationError("invalid", `found cluster ${name}: ${lines.join("; ")}`, { violations });
  }
  const at = now.toISOString();
  const settings = settingsOf(founding);
  const record: StoredCluster = { id: randomUUID(), name, owner, createdAt: at, network, ...settings };
  const host: HostRecord = { name: hostName, role: "server", cidr, addedAt: at, ...hostSettingsIn(founding) };
  return [
    { key: keys.cluster, record, was: undefined },
    { key: keys.host(hostName), record: host, was: undefined },
  ];
}
