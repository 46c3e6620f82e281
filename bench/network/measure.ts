import { availableParallelism } from "node:os";
import { until } from "../cluster.ts";
import type { Sample, Way } from "./types.ts";

const limits = { listenMs: 15_000 } as const;

/** Starts what answers, by the end that is asked, and waits until it does. They end with their lab. */
export async function answer({ from, to }: Way): Promise<void> {
  await to.spawn(on(1, ["iperf3", "--server"]));
  await to.spawn(on(1, ["sockperf", "server", "--tcp", "-i", "0.0.0.0"]));
  await until("both tools to answer", limits.listenMs, async () => {
    try {
      await from.output(stream(to.address, 1));
      await from.output(pingPong(to.address, 1));
      return true;
    } catch {
      return false; // they do not listen yet
    }
  });
}

/** Twice so many seconds: as much as goes through, then as little. */
export async function measure({ name, from, to }: Way, seconds: number): Promise<Sample> {
  return {
    way: name,
    gigabitsPerSecond: readStream(await from.output(stream(to.address, seconds))),
    roundTripUs: readPingPong(await from.output(pingPong(to.address, seconds))),
  };
}

const stream = (address: string, seconds: number) =>
  on(0, [
    ...["iperf3", "--client", address, "--json", "--connect-timeout", "1000"],
    ...["--time", String(seconds)],
  ]);

const pingPong = (address: string, seconds: number) =>
  on(0, [...["sockperf", "ping-pong", "--tcp", "--full-rtt", "-i", address], ...["--time", String(seconds)]]);

/** Each end has a processor of its own, as on two machines: where both share one, nobody is woken on another. */
function on(processor: number, argv: readonly string[]): string[] {
  return ["taskset", "--cpu-list", String(processor % availableParallelism()), ...argv];
}

/** Of what iperf3 prints. */
export function readStream(text: string): number {
  const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
  return end.sum_received.bits_per_second / 1e9;
}

/** Of what sockperf prints. */
export function readPingPong(text: string): number {
  const found = /percentile 50\.\d+ = +([\d.]+)/.exec(text)?.[1];
  if (found === undefined) throw new Error(`read what sockperf prints: there is no median in it: ${text}`);
  return Number(found);
}
