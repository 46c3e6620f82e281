import type { Host } from "../../contract/index.ts";
import { attributesOf, membersOf } from "../cluster/index.ts";
import { families, type Store } from "../store/index.ts";
import { type HostStates, reservedByHost } from "./fleet.ts";
import { instancesOf } from "./status.ts";

/** The cluster's hosts that have reported, with what is placed on them. `skewOf`: how far a host's clock is ahead. */
export function hostsOf(
  store: Store,
  states: HostStates,
  skewOf: (host: string) => number | undefined,
): Host[] {
  const reserved = reservedByHost(store);
  const members = membersOf(store);
  const instances = Map.groupBy(instancesOf(store), ({ host }) => host);
  return store.list(families.observed).flatMap(({ record: { host } }) => {
    const member = host && members.get(host.name);
    if (!host || !member) return [];
    const { labels, taints, systemReserved, availability, role } = member;
    const clockSkewMs = skewOf(host.name);
    const { state, absences, isDiskFull } = states(host.name);
    return [
      {
        ...host,
        ...(clockSkewMs !== undefined && { clockSkewMs }),
        ...{
          role,
          state,
          ...(absences !== undefined && { absences }),
          ...(isDiskFull && { isDiskFull }),
          availability,
          labels,
          taints: [...taints],
          systemReserved,
        },
        attributes: attributesOf(host),
        reserved: reserved.get(host.name) ?? { cpu: 0, memory: 0 },
        instances: instances.get(host.name)?.length ?? 0,
      },
    ];
  });
}
