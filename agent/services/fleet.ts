import { isDeepStrictEqual } from "node:util";
import type { HostReport, PlacementRules } from "../../contract/index.ts";
import { attributesOf, type Member, membersOf } from "../cluster/index.ts";
import {
  type Amounts,
  createFleet,
  type Fleet,
  type Machine,
  type Occupant,
  type Request,
  requestOf,
} from "../scheduler/index.ts";
import { type Desired, families, keys, type Placed, type Reader } from "../store/index.ts";
import { groupOf } from "./rebalance.ts";
import { placementsOf } from "./stored.ts";

/** What the servers know of a host's session; hosts answer where nobody says otherwise. */
export type HostStates = (host: string) => {
  readonly state: Machine["state"];
  readonly sinceMs: number;
  readonly absences?: number;
  readonly isDiskFull?: true;
};

/** One machine is ready for as long as its agent lives. */
export const allReady: HostStates = () => ({ state: "ready", sinceMs: 0 });

/** Every host that has reported, as the scheduler sees it. How long one is lost is counted up to `mostLostMs`. */
export function machinesOf(
  store: Reader,
  states: HostStates = allReady,
  mostLostMs = Number.POSITIVE_INFINITY,
): Machine[] {
  const members = membersOf(store);
  return store.list(families.observed).flatMap(({ record: { host } }) => {
    const member = host && members.get(host.name);
    return host && member ? [machineOf(host, member, states, mostLostMs)] : [];
  });
}

function machineOf(host: HostReport, member: Member, states: HostStates, mostLostMs: number): Machine {
  const { labels, taints, systemReserved, availability } = member;
  const { state, sinceMs, absences, isDiskFull } = states(host.name);
  return {
    name: host.name,
    ...{ state, availability, taints, systemReserved },
    ...(state === "lost" && { lostMs: Math.min(sinceMs, mostLostMs) }),
    ...(absences !== undefined && { absences }),
    ...(isDiskFull && { isDiskFull }),
    capacity: host.capacity,
    facts: { ...labels, ...attributesOf(host) },
    ulimitCeilings: host.ulimitCeilings,
    missingCapabilities: host.missingCapabilities ?? [],
    fences: host.fences ?? false,
  };
}

/** The hosts with what is placed on them; `except` leaves out one service's instances. */
export function fleetOf(store: Reader, except?: string, states: HostStates = allReady): Fleet {
  const requests = createRequests(store);
  const placements = placementsOf(store).filter(({ placed }) => placed.serviceUid !== except);
  const occupants = placements.map(({ host, placed }) => occupantOf(host, placed, requests));
  return createFleet(machinesOf(store, states), occupants);
}

export function occupantOf(host: string, placed: Placed, requests: Requests): Occupant {
  const { id, want } = placed;
  return { id, host, request: requests(placed), group: groupOf(placed), leaving: want === "drain" };
}

/** What the instances placed on each host reserve together. */
export function reservedByHost(store: Reader): ReadonlyMap<string, Amounts> {
  const requests = createRequests(store);
  const byHost = Map.groupBy(placementsOf(store), ({ host }) => host);
  return new Map(
    [...byHost].map(([host, placements]) => {
      const there = placements.map(({ placed }) => requests(placed));
      // Sums of decimal fractions, to a thousandth of a core.
      const cpu = Math.round(there.reduce((sum, one) => sum + one.cpu, 0) * 1000) / 1000;
      return [host, { cpu, memory: there.reduce((sum, one) => sum + one.memory, 0) }];
    }),
  );
}

export type Requests = (of: Pick<Placed, "serviceUid" | "revision" | "namespace" | "service">) => Request;

/** By a revision's record, with the rules they were made by. */
export type KeptRequests = WeakMap<object, { readonly rules: object | undefined; readonly request: Request }>;

export const createKeptRequests = (): KeptRequests => new WeakMap();

/**
 * What a revision's instances reserve, and where their service wants them now; one object a revision, which `kept` makes the
 * same object again as long as it says the same.
 */
export function createRequests(store: Reader, kept: KeptRequests = createKeptRequests()): Requests {
  const made = new Map<string, Request>();
  return ({ serviceUid, revision, namespace, service }) => {
    const key = keys.spec(serviceUid, revision);
    const known = made.get(key);
    if (known) return known;
    const spec = store.get(families.spec, key)?.record;
    const desired = store.get(families.desired, keys.desired(namespace, "Service", service))?.record;
    const rules = desired?.uid === serviceUid ? placementIn(desired) : undefined;
    const earlier = spec && kept.get(spec);
    const isSame = earlier !== undefined && isDeepStrictEqual(earlier.rules, rules);
    const request = isSame
      ? earlier.request
      : requestOf({ namespace, name: service }, spec?.inputs ?? {}, rules);
    if (spec && !isSame) kept.set(spec, { rules, request });
    made.set(key, request);
    return request;
  };
}

export const placementIn = ({ inputs }: Pick<Desired, "inputs">) =>
  inputs.placement as Partial<PlacementRules> | undefined;
