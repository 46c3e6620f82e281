import { lessIsBetter, moreIsBetter } from "../compare.ts";
import { quantile } from "../quantile.ts";
import type { Report } from "../types.ts";
import { type Sample, type WayName, wayNames } from "./types.ts";

/** Whose figures stand beside whose. */
const pairs = [
  { ours: "direct", peer: "underlay" },
  { ours: "direct", peer: "routed" },
  { ours: "wireguard", peer: "wireguard-go" },
] as const;

const titles: Record<WayName, string> = {
  direct: "instances, direct",
  wireguard: "instances, WireGuard",
  underlay: "the hosts themselves",
  routed: "namespaces, routed without a rule",
  "wireguard-go": "the hosts, by wireguard-go",
};

const middle = (values: readonly number[]) => quantile(values, 0.5);

/** The medians of all samples of each way. */
export function reportNetwork(samples: readonly Sample[]): Report {
  const figuresOf = (way: WayName) => {
    const own = samples.filter((sample) => sample.way === way);
    return {
      throughput: middle(own.map(({ gigabitsPerSecond }) => gigabitsPerSecond)),
      latency: middle(own.map(({ roundTripUs }) => roundTripUs)),
    };
  };
  const throughput = { bench: "network", metric: "throughput", unit: "Gbit/s" };
  const latency = { bench: "network", metric: "latency.p50", unit: "us" };
  return {
    comparisons: pairs.flatMap(({ ours, peer: name }) => {
      const [own, peer] = [figuresOf(ours), figuresOf(name)];
      return [
        moreIsBetter({ ...throughput, value: own.throughput }, { name, value: peer.throughput }),
        lessIsBetter({ ...latency, value: own.latency }, { name, value: peer.latency }),
      ];
    }),
    table: {
      title: "network: one TCP connection between two hosts, and the round trip of a small request",
      header: ["between", "Gbit/s", "round trip, us"],
      rows: wayNames.map((way) => {
        const figures = figuresOf(way);
        return [titles[way], figures.throughput.toFixed(2), figures.latency.toFixed(1)];
      }),
      notes: pairs.map(({ ours, peer }) => {
        const [own, other] = [figuresOf(ours), figuresOf(peer)];
        const percent = (part: number, whole: number) => `${((part / whole) * 100).toFixed(1)} %`;
        const [through, soon] = [
          percent(own.throughput, other.throughput),
          percent(other.latency, own.latency),
        ];
        return `${titles[ours]}, beside ${titles[peer]}: ${through} of the throughput, ${soon} of the speed of a round trip.`;
      }),
    },
  };
}
