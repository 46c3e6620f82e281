import type { Rejection } from "../../contract/index.ts";
import { keys, type Store } from "../store/index.ts";
import { type ActPorts, appended } from "./act.ts";
import { missingReferences, newestSpec } from "./specs.ts";
import { servicesOf } from "./stored.ts";

/** Services without any revision, because what they name does not exist. */
export function unspecified(store: Store): [string, Rejection[]][] {
  return servicesOf(store)
    .filter(({ uid }) => !newestSpec(store, uid))
    .map((service) => {
      const names = missingReferences(store, service).map(({ kind, name }) => `${kind} ${name}`);
      return [
        service.uid,
        [{ slot: service.name, message: `needs ${names.join(", ")}, which does not exist; create it` }],
      ];
    });
}

/** Writes a rejection into the service's history when it is new, not on every pass. */
export async function tellRejections(
  now: ReadonlyMap<string, readonly Rejection[]>,
  before: ReadonlyMap<string, readonly Rejection[]>,
  { store, now: clock }: ActPorts,
): Promise<void> {
  for (const { uid, namespace, name } of servicesOf(store)) {
    const known = new Set(before.get(uid)?.map(({ slot, message }) => `${slot} ${message}`));
    const fresh = (now.get(uid) ?? []).filter(({ slot, message }) => !known.has(`${slot} ${message}`));
    if (fresh.length === 0) continue;
    const messages = fresh.slice(0, 5).map(({ slot, message }) => `cannot place ${slot}: ${message}`);
    await store.commit([
      appended(store, keys.history(namespace, "Service", name), messages, clock().toISOString()),
    ]);
  }
}
