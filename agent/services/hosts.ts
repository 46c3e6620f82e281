import type { Host } from "../../contract/index.ts";
import { attributesOf, membersOf } from "../cluster/index.ts";
import { families, type Store } from "../store/index.ts";
import { instancesOf } from "./status.ts";
import { allReady, type HostStates, reservedByHost } from "./view.ts";

/** The cluster's hosts that have reported, with what is placed on them. */
export function hostsOf(store: Store, states: HostStates = allReady): Host[] {
  const reserved = reservedByHost(store);
  const members = membersOf(store);
  const instances = Map.groupBy(instancesOf(store), ({ host }) => host);
  return store.list(families.observed).flatMap(({ record: { host } }) => {
    const member = host && members.get(host.name);
    if (!host || !member) return [];
    const { labels, taints, systemReserved, availability } = member;
    return [
      {
        ...host,
        ...{ state: states(host.name).state, availability, labels, taints: [...taints], systemReserved },
        attributes: attributesOf(host),
        reserved: reserved.get(host.name) ?? { cpu: 0, memory: 0 },
        instances: instances.get(host.name)?.length ?? 0,
      },
    ];
  });
}
