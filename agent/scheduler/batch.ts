import { bestHost, choose, type Want } from "./choose.ts";
import { type Fleet, milliCores } from "./fleet.ts";
import type { Choice, Occupant } from "./types.ts";

/** A wanted instance; `key` names it among the others of its batch. */
export interface BatchWant extends Want {
  readonly key: string;
}

/** Up to this many wants and hosts, orders are tried out; more are placed in the first one. */
const trialBounds = { wants: 256, work: 200_000, moves: 48 } as const;

/**
 * Chooses a host for each of a batch together, whatever the order they are given in: what is more important goes
 * first, then what is larger. What packs densely is tried in several orders, and the one that opens the fewest hosts
 * is taken. The fleet holds them afterwards.
 */
export function chooseBatch(fleet: Fleet, wants: readonly BatchWant[]): ReadonlyMap<string, Choice> {
  const choices = new Map<string, Choice>();
  const levels = Map.groupBy(wants, ({ request }) => request.priority);
  for (const priority of [...levels.keys()].sort((a, b) => b - a)) {
    for (const want of bestOrder(fleet, levels.get(priority) ?? [])) {
      const choice = choose(fleet, want);
      choices.set(want.key, choice);
      if ("host" in choice) fleet.put(occupantOf(want, choice.host));
    }
  }
  return choices;
}

export function occupantOf({ key, request, group }: BatchWant, host: string): Occupant {
  return { id: key, host, request, group, leaving: false };
}

type Size = (want: Want) => number;

/** What counts as large, in shares of the whole fleet. */
function sizesOf(fleet: Fleet): readonly Size[] {
  const total = (column: Float64Array) => column.reduce((sum, one) => sum + Math.max(0, one), 0) || 1;
  const [cores, memory] = [total(fleet.cores), total(fleet.memory)];
  const shareOfCores: Size = ({ request }) => milliCores(request.cpu) / cores;
  const shareOfMemory: Size = ({ request }) => request.memory / memory;
  return [
    (want) => Math.max(shareOfCores(want), shareOfMemory(want)),
    (want) => shareOfCores(want) + shareOfMemory(want),
    (want) => shareOfCores(want) * shareOfMemory(want),
    shareOfCores,
    shareOfMemory,
  ];
}

function bestOrder(fleet: Fleet, wants: readonly BatchWant[]): readonly BatchWant[] {
  const sizes = sizesOf(fleet);
  const orders = sizes.map((size) =>
    [...wants].sort((a, b) => size(b) - size(a) || (a.key < b.key ? -1 : 1)),
  );
  const first = orders[0] ?? [];
  const isTried =
    wants.length > 1 &&
    wants.length <= trialBounds.wants &&
    wants.length * fleet.machines.length <= trialBounds.work / trialBounds.moves &&
    wants.every((want) => packsAlone(fleet, want));
  return isTried ? refined(fleet, orders) : first;
}

/** Only its size matters to it. */
function packsAlone(fleet: Fleet, { request, only }: Want): boolean {
  const { strategy, spread, affinity, service } = request;
  const minds = spread.length + affinity.length + (fleet.keptApart.get(service)?.size ?? 0);
  return strategy === "binpack" && only === undefined && minds === 0;
}

/** The best of some orders, then of those with one want moved to the front: what fits last is best placed first. */
function refined(fleet: Fleet, orders: readonly (readonly BatchWant[])[]): readonly BatchWant[] {
  const tried = orders.map((order) => ({ order, cost: costOf(fleet, order) }));
  let best = tried.reduce((a, b) => (b.cost < a.cost ? b : a));
  for (let step = 0, at = best.order.length - 1; step < trialBounds.moves && at > 0; step++, at--) {
    const moved = best.order[at];
    if (moved === undefined) break;
    const order = [moved, ...best.order.slice(0, at), ...best.order.slice(at + 1)];
    const cost = costOf(fleet, order);
    if (cost < best.cost) {
      best = { order, cost };
      at = best.order.length;
    }
  }
  return best.order;
}

/** How many hosts are in use at the end, and much more for each instance left over; then how unevenly full they are. */
function costOf(fleet: Fleet, order: readonly BatchWant[]): number {
  const { cores, memory } = fleet;
  const trial: Fleet = { ...fleet, freeCores: fleet.freeCores.slice(), freeMemory: fleet.freeMemory.slice() };
  const { freeCores, freeMemory } = trial;
  let cost = 0;
  for (const want of order) {
    const host = bestHost(trial, want);
    if (host === -1) {
      cost += costs.leftOver;
      continue;
    }
    freeCores[host] = (freeCores[host] as number) - milliCores(want.request.cpu);
    freeMemory[host] = (freeMemory[host] as number) - want.request.memory;
  }
  for (let host = 0; host < cores.length; host++) {
    const room = (freeCores[host] as number) / (cores[host] as number);
    const space = (freeMemory[host] as number) / (memory[host] as number);
    if (room < 1 || space < 1) cost += costs.host - (room * room + space * space) / 2;
  }
  return cost;
}

const costs = { leftOver: 1e6, host: 10 } as const;
