import { expect, test } from "@jest/globals";
import { reportFailover } from "./report.ts";

test("all kills stand beside the goals, each kind apart, and every one of them is told", () => {
  const { comparisons, table } = reportFailover([
    { role: "host", seconds: 2.1 },
    { role: "leader", seconds: 3.9 },
    { role: "host", seconds: 2 },
  ]);
  const rest = { bench: "failover", unit: "s" };
  const alone = { ...rest, peer: "none", peerValue: null, ratio: null };
  expect(comparisons).toEqual([
    { ...rest, metric: "failover.p50", value: 2.1, peer: "goal", peerValue: 2.8, ratio: 1.333 },
    { ...rest, metric: "failover.p95", value: 3.9, peer: "goal", peerValue: 4, ratio: 1.026 },
    { ...alone, metric: "failover.host.p50", value: 2 },
    { ...alone, metric: "failover.host.p95", value: 2.1 },
    { ...alone, metric: "failover.leader.p50", value: 3.9 },
    { ...alone, metric: "failover.leader.p95", value: 3.9 },
  ]);
  expect(table.notes.slice(0, 2)).toEqual(["a host: 2.00 2.10", "the leader: 3.90"]);
});
