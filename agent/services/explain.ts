import { ConstellationError, type Explanation } from "../../contract/index.ts";
import { explainer, type Reason, requestOf } from "../scheduler/index.ts";
import { families, keys, type Placed, type Store } from "../store/index.ts";
import { fleetOf, type HostStates, placementIn } from "./fleet.ts";
import type { Outlook } from "./loop.ts";
import { groupOf } from "./rebalance.ts";
import { newestSpec } from "./specs.ts";
import { placementsOf } from "./stored.ts";
import type { Remaining } from "./view.ts";

/**
 * Where a service's instances are and why, which are nowhere, and what each host says to one more. Throws
 * `not-found` where there is no such service.
 */
export function explain(
  store: Store,
  outlook: Outlook,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  states: HostStates,
  remainingMs: Remaining,
): Explanation {
  const service = store.get(families.desired, keys.desired(namespace, "Service", name))?.record;
  if (!service)
    throw new ConstellationError("not-found", `explain service ${namespace}/${name}: there is none`);
  const { uid } = service;
  const spec = newestSpec(store, uid);
  const request = requestOf(service, spec?.inputs ?? service.inputs, placementIn(service));
  const fleet = fleetOf(store, undefined, states);
  const reasonsOf = explainer(fleet, {
    request,
    group: groupOf({ serviceUid: uid, revision: spec?.revision ?? 0 }),
  });
  const placed = placementsOf(store).filter((one) => one.placed.serviceUid === uid);
  const count = (host: string) => placed.filter((one) => one.host === host).length;
  return {
    namespace,
    service: name,
    wanted: outlook.wanted(service),
    placed: placed
      .map(({ host, placed }) => ({
        slot: placed.name,
        index: placed.index,
        instance: placed.id,
        host,
        reason: reasonOf(placed, remainingMs),
      }))
      .sort((a, b) => a.index - b.index || (a.instance < b.instance ? -1 : 1))
      .map(({ index: _, ...one }) => one),
    rejections: [...outlook.rejections(uid)],
    hosts: fleet.machines.map((machine, at) => ({
      name: machine.name,
      instances: count(machine.name),
      reasons: reasonsOf(at).map(sayReason),
    })),
  };
}

/** Its successor waits until it can run no more. */
function reasonOf({ id, reason, isFenced }: Placed, remainingMs: Remaining): string {
  const leftMs = isFenced ? remainingMs(id) : 0;
  return leftMs > 0 ? `${reason}; its guard ends it within ${Math.ceil(leftMs / 1000)} s` : reason;
}

const sayReason = ({ one, detail }: Reason) => (detail === undefined ? one : `${one} (${detail})`);
