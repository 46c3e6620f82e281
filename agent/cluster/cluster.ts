import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import {
  type ClusterRecord,
  type ClusterWrite,
  ConstellationError,
  cluster as clusterSchema,
} from "../../contract/index.ts";
import { families, keys, type Store, type StoredCluster } from "../store/index.ts";
import { type LocalRange, networkViolations } from "./founding.ts";
import { hostRange } from "./ranges.ts";

export interface Clusters {
  /** Throws `no-cluster` before one is founded. */
  current(): StoredCluster;
  find(): StoredCluster | undefined;
  /** The same owner may repeat it with the same network, and change the rest; anybody else is `owned`. */
  found(founding: ClusterWrite): Promise<ClusterRecord>;
}

/** The cluster's own record: its id, its network and its hosts' ranges. */
export function createClusters(
  store: Store,
  hostName: string,
  localRanges: () => readonly LocalRange[],
  now: () => Date,
): Clusters {
  const find = () => store.get(families.cluster, keys.cluster)?.record;
  return {
    find,

    current() {
      const record = find();
      if (record) return record;
      throw new ConstellationError(
        "no-cluster",
        "use the cluster: this agent has none yet; create a Cluster first",
      );
    },

    async found(founding) {
      const existing = store.get(families.cluster, keys.cluster);
      const record = existing
        ? changedBy(existing.record, founding)
        : foundedBy(founding, hostName, localRanges(), now());
      if (!isDeepStrictEqual(record, existing?.record))
        await store.commit([{ key: keys.cluster, record, was: existing?.modRevision }]);
      return clusterSchema.parse(record);
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
  if (!isDeepStrictEqual(existing.network, network)) {
    throw new ConstellationError(
      "invalid",
      `change cluster ${name}: a network cannot be changed in place; replace the cluster`,
      {
        violations: [{ path: "network", reason: "cannot be changed while the cluster exists" }],
      },
    );
  }
  const { registries: _, imageStorage: __, ...kept } = existing;
  return { ...kept, ...settingsOf(founding) };
}

/** How images come to the cluster's hosts; what is left out is not stored. */
function settingsOf({ registries, imageStorage }: ClusterWrite) {
  return { ...(registries && { registries }), ...(imageStorage && { imageStorage }) };
}

function foundedBy(
  founding: ClusterWrite,
  hostName: string,
  local: readonly LocalRange[],
  now: Date,
): StoredCluster {
  const { owner, name, network } = founding;
  const violations = networkViolations(network, local);
  const cidr = hostRange(network.cidr, 0);
  if (cidr === undefined || violations.length > 0) {
    const lines = violations.map(({ path, reason }) => `${path} ${reason}`);
    throw new ConstellationError("invalid", `found cluster ${name}: ${lines.join("; ")}`, { violations });
  }
  return {
    id: randomUUID(),
    name,
    owner,
    createdAt: now.toISOString(),
    network,
    ...settingsOf(founding),
    hosts: [{ name: hostName, cidr }],
  };
}
