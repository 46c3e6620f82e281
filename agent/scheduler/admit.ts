import { ConstellationError } from "../../contract/index.ts";
import { formatBytes, shortages } from "./choose.ts";
import { type Fleet, milliCores } from "./fleet.ts";
import { refusedPowers } from "./nature.ts";
import { describeRejections } from "./say.ts";
import type { Machine, Reason, Request } from "./types.ts";

/**
 * Refuses what could not run even if all of the hosts' room were its own: one instance too large for every host,
 * or all together larger than the cluster. What other rules forbid may be allowed later: it waits. `empty`: the hosts with
 * nothing on them; `filled`: as they are, looked at only to say why not.
 */
export function admitService(
  name: string,
  request: Request,
  replicas: number,
  empty: Fleet,
  filled: () => Fleet,
): void {
  if (empty.machines.length === 0 || replicas === 0) return;
  if (empty.machines.every((machine, host) => tooLarge(empty, request, machine, host).length > 0)) {
    const fleet = filled();
    const refusals = fleet.machines.flatMap((machine, host) => {
      const [reason] = tooLarge(fleet, request, machine, host);
      return reason ? [{ host: machine.name, reason }] : [];
    });
    const fixes = [...new Set(refusals.flatMap(({ reason }) => reason.fix ?? []))];
    throw unplaceable(name, describeRejections(refusals), fixes.join(" or "));
  }
  const memory = sum(empty.memory);
  if (replicas * request.memory > memory) {
    const wants = `${replicas} × ${formatBytes(request.memory)}`;
    const why = `the cluster lacks memory (wants ${wants}, has ${formatBytes(memory)} beside what its hosts keep)`;
    throw unplaceable(name, why, "lower resources.memory or replicas");
  }
  const cores = sum(empty.cores);
  if (replicas * milliCores(request.cpu) > cores) {
    const why = `the cluster lacks cpu (wants ${replicas} × ${request.cpu}, has ${Math.round(cores / 100) / 10})`;
    throw unplaceable(name, why, "lower resources.cpu or replicas");
  }
}

function tooLarge(fleet: Fleet, request: Request, machine: Machine, host: number): Reason[] {
  return [...refusedPowers(request, machine), ...shortages(fleet, request, host)];
}

function unplaceable(name: string, why: string, fix: string): ConstellationError {
  return new ConstellationError("unplaceable", `place ${name}: ${why}; ${fix}`);
}

const sum = (column: Float64Array) => column.reduce((total, one) => total + Math.max(0, one), 0);
