import { isDeepStrictEqual } from "node:util";
import { type Membership, membershipOf, openNetwork } from "../networks/index.ts";
import { placementsOf } from "../services/index.ts";
import { families, keys, type Placed, type Store } from "../store/index.ts";
import type { NetworkMembers } from "./types.ts";

export type Memberships = (placed: Omit<Placed, "at">) => Membership | undefined;

/** A placement's networks: as its service has them now, or had when it was placed. Looks each service up once. */
export function createMemberships(store: Store): Memberships {
  const known = new Map<string, Membership | undefined>();
  return ({ serviceUid, revision, namespace, service }) => {
    if (known.has(serviceUid)) return known.get(serviceUid);
    const desired = store.get(families.desired, keys.desired(namespace, "Service", service))?.record;
    const inputs =
      desired?.uid === serviceUid
        ? desired.inputs
        : store.get(families.spec, keys.spec(serviceUid, revision))?.record.inputs;
    // What cannot be read at all must not be open to everybody.
    const membership = inputs
      ? membershipOf(store, { namespace, inputs })
      : { networks: [], isInternal: false };
    known.set(serviceUid, membership);
    return membership;
  };
}

/** The networks of some instances, but for the open one. */
export function networksAmong(placed: readonly Placed[], memberships: Memberships): ReadonlySet<string> {
  const names = new Set(placed.flatMap((one) => memberships(one)?.networks ?? []));
  names.delete(openNetwork);
  return names;
}

/** Who is in these networks, on any host, by the networks' names. */
export type Members = (names: ReadonlySet<string>) => readonly NetworkMembers[];

/**
 * Looks through all placements once a look, for all hosts, and only where anything is in a network. What is as it was before
 * is the same object.
 */
export function createMembers(store: Store): (memberships: Memberships) => Members {
  let before: ReadonlyMap<string, NetworkMembers> = new Map();
  return (memberships) => {
    let all: ReadonlyMap<string, NetworkMembers> | undefined;
    return (names) => {
      all ??= before = keptOf(before, allMembers(store, memberships));
      const known = all;
      return [...names].sort().map((name) => known.get(name) ?? { name, members: [] });
    };
  };
}

function keptOf(before: ReadonlyMap<string, NetworkMembers>, now: ReadonlyMap<string, NetworkMembers>) {
  return new Map(
    [...now].map(([name, network]) => {
      const earlier = before.get(name);
      return [name, isDeepStrictEqual(earlier, network) && earlier ? earlier : network];
    }),
  );
}

function allMembers(store: Store, memberships: Memberships): ReadonlyMap<string, NetworkMembers> {
  const members = new Map<string, string[]>();
  for (const { placed } of placementsOf(store))
    for (const name of memberships(placed)?.networks ?? []) {
      const addresses = members.get(name) ?? [];
      addresses.push(placed.address);
      members.set(name, addresses);
    }
  return new Map([...members].map(([name, addresses]) => [name, { name, members: addresses.sort() }]));
}
