import { choose, createFleet } from "../../agent/scheduler/index.ts";
import { decide, type PlacedInstance, type WantedService } from "../../agent/services/index.ts";
import type { Sizes } from "./types.ts";
import { instancesOf, machinesOf } from "./workload.ts";

const passes = 3;

/** What the leader computes each time something changed, when it finds that all is as wanted; the fastest pass. */
export function measureSettledPass(sizes: Sizes): number {
  const machines = machinesOf(sizes.hosts);
  const fleet = createFleet(machines);
  const services = new Map<string, WantedService>();
  const instances = instancesOf(sizes).map(({ id, group, request }): PlacedInstance => {
    const choice = choose(fleet, { request, group: `${group}/1` });
    const host = "host" in choice ? choice.host : "";
    fleet.put({ id, host, request, group: `${group}/1`, leaving: false });
    const place = { uid: group, namespace: "bench", name: group };
    const replicas = (services.get(group)?.replicas ?? 0) + 1;
    services.set(group, { ...place, ...policy, replicas, request });
    const index = replicas - 1;
    const about = { id, serviceUid: group, namespace: "bench", service: group, index, host, request };
    return { ...about, revision: 1, want: "run", isMoving: false, present: true, healthy: true, at: "" };
  });
  const times = Array.from({ length: passes }, () => {
    const before = performance.now();
    decide({ services: [...services.values()], instances, machines });
    return performance.now() - before;
  });
  return Math.min(...times);
}

const policy = {
  ...{ perHost: false, strategy: "start-first" as const, maxSurge: 1, maxUnavailable: 1, specRevision: 1 },
  disconnect: { replaceAfterMs: 0, reconcile: "replacement" },
} as const;
