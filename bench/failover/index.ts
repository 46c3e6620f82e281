/**
 * How long a service is away when the power of its host fails: a host, a server or the leader, one after the other.
 * Invariant: the cluster is whole again before the next kill, and who asks is another host, by the service's virtual address.
 * There is no peer that would do the same here; what was promised stands beside.
 */
import { startCluster } from "../../test/cluster/cluster.ts";
import { requireRoot } from "../machine.ts";
import { type Benchmark, type Knob, runsKnob } from "../types.ts";
import { planKills } from "./plan.ts";
import { reportFailover } from "./report.ts";
import { killOnce } from "./round.ts";
import type { Sample } from "./types.ts";

const size = { hosts: 5, servers: 3 } as const;

type FailoverKnobs = { readonly runs: Knob };

export const failover: Benchmark<FailoverKnobs> = {
  name: "failover",
  summary: "kill -9 of a host, to its service answering elsewhere; of hosts, servers and the leader",
  knobs: { runs: runsKnob(20) },
  async run({ knobs: { runs }, onProgress }) {
    requireRoot("failover");
    onProgress(`starting ${size.hosts} hosts, ${size.servers} of them servers`);
    await using cluster = await startCluster(size.hosts, size.servers);
    const samples: Sample[] = [];
    for (const [run, role] of planKills(runs).entries()) {
      const seconds = await killOnce(cluster, role, run);
      samples.push({ role, seconds });
      onProgress(`kill ${run + 1}, ${role}: ${seconds.toFixed(2)} s`);
    }
    return reportFailover(samples);
  },
};
