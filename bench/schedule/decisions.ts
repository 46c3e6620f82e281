import { choose, createFleet } from "../../agent/scheduler/index.ts";
import type { Rates, Sizes } from "./types.ts";
import { instancesOf, machinesOf } from "./workload.ts";

/** Fills a cluster instance by instance, as a leader does; each decision is timed by itself. */
export function measureDecisions(sizes: Sizes): Rates {
  const fleet = createFleet(machinesOf(sizes.hosts));
  const ms: number[] = [];
  for (const { id, group, request } of instancesOf(sizes)) {
    const before = performance.now();
    const choice = choose(fleet, { request, group });
    if (!("host" in choice))
      throw new Error(`no host takes ${id}: the cluster is too small for the benchmark`);
    fleet.put({ id, host: choice.host, request, group, leaving: false });
    ms.push(performance.now() - before);
  }
  return { perSecond: (1_000 * ms.length) / ms.reduce((sum, one) => sum + one, 0), ms };
}
