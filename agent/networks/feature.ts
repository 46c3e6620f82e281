import { ConstellationError, isSameStack, type Violation } from "../../contract/index.ts";
import { type Clusters, overlap } from "../cluster/index.ts";
import type { KindFeature } from "../documents/index.ts";
import { families, type Store } from "../store/index.ts";
import { usesOf } from "./membership.ts";

/** Ranges in which an address means something else to every machine. */
const reserved = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"];

export function networkFeature({
  store,
  clusters,
}: {
  readonly store: Store;
  readonly clusters: Clusters;
}): KindFeature {
  return {
    async check({ inputs }) {
      const cidr = inputs.cidr as string | undefined;
      return cidr === undefined ? [] : rangeProblems(cidr, clusters.current().network);
    },

    /** One stack's engine takes a network away to make it anew, or after all that it knows to use it. */
    requireUnused({ namespace, name, owner }) {
      const key = `${namespace}/${name}`;
      const users = store
        .list(families.desired)
        .map(({ record }) => record)
        .filter(({ kind, inputs }) => kind === "Service" && inputs.networks !== undefined)
        .filter((service) => usesOf(service).some((use) => use.key === key))
        .filter((service) => owner.engine !== "pulumi" || !isSameStack(owner, service.owner));
      const [first, ...more] = users.map((service) => `${service.namespace}/${service.name}`);
      if (first === undefined) return;
      const others = more.length === 0 ? "" : ` and ${more.length} more`;
      throw new ConstellationError(
        "taken",
        `delete network ${key}: service ${first}${others} takes part in it; detach what does first`,
      );
    },
  };
}

function rangeProblems(
  cidr: string,
  cluster: { readonly cidr: string; readonly serviceCidr: string },
): Violation[] {
  const taken = [
    [cluster.cidr, "the cluster's network.cidr"],
    [cluster.serviceCidr, "the cluster's network.serviceCidr"],
    ...reserved.map((range) => [range, "which no network can have"] as const),
  ] as const;
  return taken
    .filter(([range]) => overlap(cidr, range))
    .slice(0, 1)
    .map(([range, what]) => ({ path: "cidr", reason: `${cidr} overlaps ${range}, ${what}; choose another` }));
}
