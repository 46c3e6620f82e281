import type { Candidate } from "../documents/index.ts";
import {
  type BatchWant,
  chooseBatch,
  describeRejections,
  type Fleet,
  leaveReason,
  type Occupant,
  type Rejection,
  rejectionsOf,
  requestOf,
  welcome,
} from "../scheduler/index.ts";
import type { Store } from "../store/index.ts";
import { fleetOf, type HostStates, placementIn } from "./fleet.ts";
import { isSameWorkload } from "./identity.ts";
import { slotName } from "./ops.ts";
import { groupOf } from "./rebalance.ts";
import { createRoom } from "./room.ts";
import { newestSpec } from "./specs.ts";
import { placementsOf } from "./stored.ts";

/** What a write would place, and where: all of a new or changed workload, else the slots that are missing. */
export function foreseen(candidate: Candidate, store: Store, states: HostStates): string[] {
  const { uid, inputs, earlier, sealed } = candidate;
  const isKept = earlier !== undefined && isSameWorkload(earlier.inputs, sealed);
  const fleet = fleetOf(store, isKept ? undefined : uid, states);
  const request = requestOf(candidate, inputs, placementIn(candidate));
  const group = groupOf({ serviceUid: uid, revision: isKept ? (newestSpec(store, uid)?.revision ?? 0) : -1 });
  const mayStay = (host: string) => {
    const machine = fleet.machines[fleet.indexOf.get(host) ?? -1];
    return machine !== undefined && leaveReason(request, machine) === undefined;
  };
  const there = isKept
    ? placementsOf(store).filter(({ host, placed }) => placed.serviceUid === uid && mayStay(host))
    : [];
  const wants = inputs.perHost
    ? fleet.machines
        .filter(
          ({ name }, at) =>
            fleet.welcome(request)[at] !== welcome.never && !there.some(({ host }) => host === name),
        )
        .map(({ name: only }): BatchWant => ({ key: only, request, group, only }))
    : Array.from({ length: Number(inputs.replicas) }, (_, index) => index)
        .filter((index) => !there.some(({ placed }) => placed.index === index))
        .map((index): BatchWant => ({ key: slotName(candidate, index), request, group }));
  const told = foresee(fleet, wants);
  return told === undefined ? [] : [told];
}

/**
 * Where instances would go as of now, and of which services some would be stopped for them, in one line; undefined
 * where none would be placed. Told by a preview: nothing is kept for them.
 */
export function foresee(fleet: Fleet, wants: readonly BatchWant[]): string | undefined {
  if (wants.length === 0 || fleet.machines.length === 0) return undefined;
  const choices = chooseBatch(fleet, wants);
  const makeRoom = createRoom(fleet);
  const hosts: string[] = [];
  const victims: Occupant[] = [];
  const nowhere: (readonly Rejection[])[] = [];
  for (const want of wants) {
    const choice = choices.get(want.key);
    const room = choice && "host" in choice ? { host: choice.host, victims: [] } : makeRoom(want);
    if (room === undefined) nowhere.push(rejectionsOf(fleet, want));
    else {
      hosts.push(room.host);
      victims.push(...room.victims);
    }
  }
  const counts = counted(hosts).map(([host, count]) => (wants.length === 1 ? host : `${host} (${count})`));
  const stopped = counted(victims.map(({ request }) => request.service)).map(
    ([name, n]) => `${n} of ${name}`,
  );
  const [first] = nowhere;
  const told = [
    ...(counts.length > 0 ? [`would go to ${listed(counts, "hosts")}`] : []),
    ...(stopped.length > 0 ? [`${listed(stopped, "services")} would be stopped to make room`] : []),
    ...(first ? [`${nowhere.length} of ${wants.length} would go nowhere: ${describeRejections(first)}`] : []),
  ];
  return `as of now ${told.join("; ")}`;
}

/** The most frequent first. */
const counted = (names: readonly string[]) =>
  [...Map.groupBy(names, (name) => name)]
    .map(([name, all]) => [name, all.length] as const)
    .sort(([, a], [, b]) => b - a);

/** The first few, and how many more there are. */
function listed(names: readonly string[], what: string): string {
  const shown = names.slice(0, mostNamed);
  const more = names.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more ${what}` : ""}`;
}

const mostNamed = 5;
