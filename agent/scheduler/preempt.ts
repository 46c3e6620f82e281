import { explainer, type Want } from "./choose.ts";
import { type Fleet, milliCores } from "./fleet.ts";
import type { Occupant } from "./types.ts";

export const preemptionBounds = {
  /** Instances stopped for one other. */
  victims: 8,
  /** In one decision: the next one goes on. */
  perDecision: 50,
} as const;

export type Preemption =
  /** What is on its way out there leaves room enough. */
  | { readonly kind: "wait"; readonly host: string }
  | { readonly kind: "stop"; readonly host: string; readonly victims: readonly Occupant[] };

/**
 * Whom to stop so that an instance fits: only what has a lower priority and holds nothing that has not, no more than
 * needed; the host that loses the fewest, of those the least important. undefined: nowhere does stopping help.
 * `canStop` tells what may be.
 */
export function preempt(
  fleet: Fleet,
  want: Want,
  canStop: (occupant: Occupant) => boolean,
): Preemption | undefined {
  const hosts = fleet.machines.map((_, index) => index).filter((host) => couldHelp(fleet, want, host));
  const waiting = hosts.find((host) => fits(fleet, want, host, leavers(fleet, host)));
  if (waiting !== undefined) return { kind: "wait", host: nameOf(fleet, waiting) };
  let best: { host: number; victims: readonly Occupant[] } | undefined;
  for (const host of hosts) {
    const victims = victimsOn(fleet, want, host, canStop);
    if (victims && (!best || order(victims, best.victims) < 0)) best = { host, victims };
  }
  return best && { kind: "stop", host: nameOf(fleet, best.host), victims: best.victims };
}

/** Room is all that is lacking, and it is not what the host was made with. */
function couldHelp(fleet: Fleet, want: Want, host: number): boolean {
  const { request, only } = want;
  const machine = fleet.machines[host];
  if (machine === undefined || (only !== undefined && only !== machine.name)) return false;
  if (request.memory > (fleet.memory[host] ?? 0) || milliCores(request.cpu) > (fleet.cores[host] ?? 0))
    return false;
  return explainer(fleet, want)(host).every(({ isRoom }) => isRoom);
}

function victimsOn(
  fleet: Fleet,
  want: Want,
  host: number,
  canStop: (occupant: Occupant) => boolean,
): readonly Occupant[] | undefined {
  const gone = leavers(fleet, host);
  const lower = occupantsOf(fleet, host)
    .filter((one) => one.request.priority < want.request.priority)
    .filter(
      (one) => !one.leaving && !isNeeded(want, one) && !isHeld(fleet, want, host, [one]) && canStop(one),
    )
    .sort((a, b) => a.request.priority - b.request.priority || size(b) - size(a) || (a.id < b.id ? -1 : 1));
  const one = lower.find((victim) => fits(fleet, want, host, [...gone, victim]));
  if (one) return [one];
  const chosen: Occupant[] = [];
  for (const victim of [...lower].sort((a, b) => size(b) - size(a) || (a.id < b.id ? -1 : 1))) {
    if (chosen.length === preemptionBounds.victims || fits(fleet, want, host, [...gone, ...chosen])) break;
    if (!isHeld(fleet, want, host, [victim, ...chosen])) chosen.push(victim);
  }
  if (!fits(fleet, want, host, [...gone, ...chosen])) return undefined;
  return leastOf(chosen, (victims) => fits(fleet, want, host, [...gone, ...victims]));
}

/** What it has to be near: without it, it could not come. */
function isNeeded({ request }: Want, occupant: Occupant): boolean {
  return request.affinity.some(
    ({ rule, required, service }) => rule === "together" && required && service === occupant.request.service,
  );
}

/**
 * Somebody as important is there only because the first of these is near, and none of its service would be left to be near to:
 * gone, it would come back for them, and go again.
 */
function isHeld(
  fleet: Fleet,
  want: Want,
  host: number,
  victims: readonly [Occupant, ...Occupant[]],
): boolean {
  const kept = victims[0].request.service;
  const bonds = fleet.keptNear.get(kept)?.values() ?? [];
  return [...bonds].some(({ service, key, priority }) => {
    if (priority < want.request.priority) return false;
    const { of } = fleet.domains(key);
    const near = (name: string) => hostsOf(fleet, name).filter((other) => isNear(of, other, host));
    const isLeft = (one: Occupant) => one.request.service === kept && !one.leaving && !victims.includes(one);
    return near(service).length > 0 && !near(kept).some((other) => occupantsOf(fleet, other).some(isLeft));
  });
}

/** Hosts that lack the label are near nobody. */
const isNear = (of: Int32Array, one: number, other: number) => of[one] !== -1 && of[one] === of[other];
const hostsOf = (fleet: Fleet, service: string) => [...(fleet.byService.get(service)?.keys() ?? [])];

/** Leaves out, the most important first, whoever is not needed after all. */
function leastOf(chosen: readonly Occupant[], isEnough: (victims: readonly Occupant[]) => boolean) {
  let needed = chosen;
  for (const spared of [...chosen].sort((a, b) => b.request.priority - a.request.priority)) {
    const others = needed.filter((victim) => victim !== spared);
    if (isEnough(others)) needed = others;
  }
  return [...needed];
}

const size = ({ request }: Occupant) => milliCores(request.cpu) / 1000 + request.memory / 2 ** 30;
const order = (a: readonly Occupant[], b: readonly Occupant[]) =>
  a.length - b.length || highest(a) - highest(b) || sum(a) - sum(b);
const highest = (victims: readonly Occupant[]) => Math.max(...victims.map(({ request }) => request.priority));
const sum = (victims: readonly Occupant[]) =>
  victims.reduce((total, { request }) => total + request.priority, 0);

const nameOf = (fleet: Fleet, host: number) => fleet.machines[host]?.name ?? "";
const occupantsOf = (fleet: Fleet, host: number) => [...(fleet.occupants[host]?.values() ?? [])];
const leavers = (fleet: Fleet, host: number) => occupantsOf(fleet, host).filter(({ leaving }) => leaving);

function fits(fleet: Fleet, { request }: Want, host: number, without: readonly Occupant[]): boolean {
  const cores = without.reduce(
    (total, one) => total + milliCores(one.request.cpu),
    fleet.freeCores[host] ?? 0,
  );
  const memory = without.reduce((total, one) => total + one.request.memory, fleet.freeMemory[host] ?? 0);
  return milliCores(request.cpu) <= cores && request.memory <= memory;
}
