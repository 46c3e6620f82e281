import type { Machine, Request } from "../../agent/scheduler/index.ts";
import type { Rates, Sizes } from "./types.ts";
import { instancesOf, machinesOf } from "./workload.ts";

interface Host {
  readonly machine: Machine;
  cpu: number;
  memory: number;
  readonly services: string[];
}

/** Decisions timed of it: it is slow, and each costs about the same. */
const mostTimed = 2_000;

/**
 * What one writes first: hosts as objects, each judged anew for each instance, the fitting ones sorted. It knows the
 * same rules but for spread.
 */
export function measureNaive(sizes: Sizes): Rates {
  const hosts = machinesOf(sizes.hosts).map((machine): Host => {
    const { capacity, systemReserved } = machine;
    const cpu = capacity.cpu - systemReserved.cpu;
    return { machine, cpu, memory: capacity.memory - systemReserved.memory, services: [] };
  });
  const ms: number[] = [];
  for (const { request } of instancesOf(sizes).slice(0, mostTimed)) {
    const before = performance.now();
    const [best] = hosts
      .filter((host) => fits(host, request))
      .sort((a, b) => b.memory - a.memory || (a.machine.name < b.machine.name ? -1 : 1));
    if (!best)
      throw new Error(`no host takes ${request.service}: the cluster is too small for the benchmark`);
    best.cpu -= request.cpu;
    best.memory -= request.memory;
    best.services.push(request.service);
    ms.push(performance.now() - before);
  }
  return { perSecond: (1_000 * ms.length) / ms.reduce((sum, one) => sum + one, 0), ms };
}

function fits({ machine, cpu, memory, services }: Host, request: Request): boolean {
  return (
    request.cpu <= cpu &&
    request.memory <= memory &&
    machine.taints.every(({ key }) => request.tolerations.some((one) => one.key === key)) &&
    request.constraints.every(({ key, values = [] }) => values.includes(machine.facts[key] ?? "")) &&
    request.affinity.every(({ service }) => !services.includes(service))
  );
}
