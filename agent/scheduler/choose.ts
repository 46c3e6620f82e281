import { type Fleet, milliCores } from "./fleet.ts";
import { reasonsOfNature, welcome } from "./nature.ts";
import { forbids, topologyOf, weights } from "./topology.ts";
import type { Choice, Reason, Request } from "./types.ts";

export interface Want {
  readonly request: Request;
  /** Of the occupant to be. */
  readonly group: string;
  /** The only host that will do. */
  readonly only?: string;
}

/** The best host for one instance, or why none takes it. The same fleet, the same choice. */
export function choose(fleet: Fleet, want: Want): Choice {
  const found = bestHost(fleet, want);
  if (found !== -1) return { host: fleet.machines[found]?.name ?? "" };
  return { rejections: rejectionsOf(fleet, want) };
}

/** -1: none. By wishes first, then by the strategy, then by name. */
export function bestHost(fleet: Fleet, { request, group, only }: Want): number {
  const { freeCores, freeMemory, cores, memory, perCore, perByte } = fleet;
  const wantedCores = milliCores(request.cpu);
  const wantedMemory = request.memory;
  const isDense = request.strategy === "binpack";
  const direction = isDense ? -1 : 1;
  const welcomes = fleet.welcome(request);
  const wishes = wishesOf(fleet, request, group);
  const [first, last] = range(fleet, only);
  let best = -1;
  let bestScore = Number.NEGATIVE_INFINITY;
  // The one place where speed counts: every host is looked at for every instance.
  for (let host = first; host < last; host++) {
    const leftCores = (freeCores[host] as number) - wantedCores;
    const leftMemory = (freeMemory[host] as number) - wantedMemory;
    const welcomed = welcomes[host];
    if (leftCores < 0 || leftMemory < 0 || welcomed === welcome.never) continue;
    const room = leftCores * (perCore[host] as number) + leftMemory * (perByte[host] as number);
    let score = direction * room + (wishes === undefined ? 0 : (wishes[host] as number));
    if (welcomed !== welcome.yes) score -= weights.taint;
    if (isDense && freeCores[host] === cores[host] && freeMemory[host] === memory[host])
      score -= weights.open;
    if (score > bestScore) {
      best = host;
      bestScore = score;
    }
  }
  return best;
}

/** What a request wishes of each host for the sake of other instances; undefined: the same of all. */
function wishesOf(fleet: Fleet, request: Request, group: string): Float64Array | undefined {
  const own = request.strategy === "spread" ? fleet.byGroup.get(group) : undefined;
  const views = topologyOf(fleet, request, group);
  if (views.length === 0 && (own === undefined || own.size === 0)) return undefined;
  const sum = fleet.scratch.fill(0);
  for (const { domains, wishes, unset } of views) {
    const { of } = domains;
    for (let host = 0; host < sum.length; host++) {
      const domain = of[host] as number;
      sum[host] = (sum[host] as number) + (domain === -1 ? unset : (wishes[domain] as number));
    }
  }
  for (const [host, count] of own ?? [])
    sum[host] = (sum[host] as number) - weights.own * Math.min(count, mostOwn);
  return sum;
}

const mostOwn = 99;

/** Why each host says no; of several reasons the first, as explained by `reasonsOf`. */
export function rejectionsOf(fleet: Fleet, want: Want) {
  const explain = explainer(fleet, want);
  const [first, last] = range(fleet, want.only);
  return fleet.machines.slice(first, last).flatMap(({ name }, offset) => {
    const [reason] = explain(first + offset);
    return reason ? [{ host: name, reason }] : [];
  });
}

/** Everything that speaks against one more instance on a host: empty where it fits. */
export function explainer(fleet: Fleet, { request, group }: Want): (host: number) => Reason[] {
  const views = topologyOf(fleet, request, group);
  return (host) => {
    const machine = fleet.machines[host];
    if (machine === undefined) return [];
    return [
      ...reasonsOfNature(request, machine),
      ...views.filter((view) => forbids(view, host)).map(({ reason }) => reason),
      ...shortages(fleet, request, host),
    ];
  };
}

/** What a host has too little of. */
export function shortages({ freeCores, freeMemory }: Fleet, request: Request, host: number): Reason[] {
  const [cores = 0, memory = 0] = [freeCores[host], freeMemory[host]];
  const lack = (field: string, what: string, detail: string): Reason => ({
    ...{ one: `lacks ${what}`, many: `lack ${what}`, detail },
    ...{ fix: `lower resources.${field}`, isRoom: true },
  });
  const wantedMemory = formatBytes(request.memory);
  const cpu = `${request.cpu} ${request.cpu === 1 ? "core" : "cores"}`;
  return [
    ...(request.memory > memory
      ? [lack("memory", `${wantedMemory} of memory`, `${formatBytes(Math.max(0, memory))} free`)]
      : []),
    ...(milliCores(request.cpu) > cores
      ? [lack("cpu", cpu, `${round(Math.max(0, cores) / 1000)} free`)]
      : []),
  ];
}

function range(fleet: Fleet, only: string | undefined): [first: number, end: number] {
  if (only === undefined) return [0, fleet.machines.length];
  const at = fleet.indexOf.get(only);
  return at === undefined ? [0, 0] : [at, at + 1];
}

export function formatBytes(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${round(bytes / 1024 ** power)}${units[power]}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
