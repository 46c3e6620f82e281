import { type Membership, membershipOf, openNetwork } from "../networks/index.ts";
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

/** Who is in the networks of this host's instances, on any host. */
export function networksOf(
  own: readonly { readonly placed: Placed }[],
  all: readonly { readonly placed: Placed }[],
  memberships: Memberships,
): { readonly networks?: readonly NetworkMembers[] } {
  const names = new Set(own.flatMap(({ placed }) => memberships(placed)?.networks ?? []));
  names.delete(openNetwork);
  if (names.size === 0) return {};
  const members = new Map([...names].sort().map((name) => [name, [] as string[]]));
  for (const { placed } of all)
    for (const name of memberships(placed)?.networks ?? []) members.get(name)?.push(placed.address);
  return { networks: [...members].map(([name, addresses]) => ({ name, members: addresses.sort() })) };
}
