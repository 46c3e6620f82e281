import { expect, test } from "@jest/globals";
import { reportNetwork } from "./report.ts";
import type { WayName } from "./types.ts";

const sample = (way: WayName, gigabitsPerSecond: number, roundTripUs: number) => ({
  ...{ way, gigabitsPerSecond, roundTripUs },
});

test("direct stands beside the underlay, WireGuard beside the tool; medians of all samples", () => {
  const { comparisons, table } = reportNetwork([
    sample("direct", 9.5, 50),
    sample("direct", 1, 90),
    sample("direct", 9.9, 20),
    sample("underlay", 10, 40),
    sample("routed", 9.5, 45),
    sample("wireguard", 1, 200),
    sample("wireguard-go", 2, 150),
  ]);
  const throughput = { bench: "network", metric: "throughput", unit: "Gbit/s" };
  const latency = { bench: "network", metric: "latency.p50", unit: "us" };
  expect(comparisons).toEqual([
    { ...throughput, value: 9.5, peer: "underlay", peerValue: 10, ratio: 0.95 },
    { ...latency, value: 50, peer: "underlay", peerValue: 40, ratio: 0.8 },
    { ...throughput, value: 9.5, peer: "routed", peerValue: 9.5, ratio: 1 },
    { ...latency, value: 50, peer: "routed", peerValue: 45, ratio: 0.9 },
    { ...throughput, value: 1, peer: "wireguard-go", peerValue: 2, ratio: 0.5 },
    { ...latency, value: 200, peer: "wireguard-go", peerValue: 150, ratio: 0.75 },
  ]);
  expect(table.notes[0]).toMatch(/95.0 % of the throughput, 80.0 % of the speed/);
});
