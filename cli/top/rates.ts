import type { Stats } from "../../contract/index.ts";

export interface InstanceUsage {
  readonly id: string;
  readonly namespace: string;
  readonly service: string;
  readonly name: string;
  readonly host: string;
  readonly restarts: number;
  /** Of one core: two busy cores are 200. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes?: number | undefined;
  readonly pids: number;
  readonly pidsLimit?: number | undefined;
  readonly receivedPerSecond: number;
  readonly sentPerSecond: number;
}

export interface HostUsage {
  readonly name: string;
  readonly cores: number;
  /** Of one core, like an instance's. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly memoryTotalBytes: number;
}

/** What was used between two samples, at the second one's moment. */
export interface Usage {
  readonly at: string;
  readonly hosts: readonly HostUsage[];
  readonly instances: readonly InstanceUsage[];
}

/** Pure. What is new in the second sample, or began again, counts from nothing. */
export function usageBetween(before: Stats, after: Stats): Usage {
  const earlierHosts = new Map(before.hosts.map((host) => [host.name, host]));
  const earlier = new Map(before.items.map((item) => [item.id, item]));
  const seconds = new Map(
    after.hosts.map(({ name, clockSeconds }) => [
      name,
      clockSeconds - (earlierHosts.get(name)?.clockSeconds ?? 0),
    ]),
  );
  return {
    at: after.at,
    hosts: after.hosts.map((host) => {
      const { name, cores, memoryBytes, memoryTotalBytes } = host;
      const cpuSeconds = grown(earlierHosts.get(name)?.cpuSeconds, host.cpuSeconds);
      return {
        name,
        cores,
        cpuPercent: percent(cpuSeconds, seconds.get(name)),
        memoryBytes,
        memoryTotalBytes,
      };
    }),
    instances: after.items.map((item) => {
      const { cpuSeconds, receivedBytes, sentBytes, ...rest } = item;
      const was = earlier.get(item.id);
      const over = seconds.get(item.host);
      return {
        ...rest,
        cpuPercent: percent(grown(was?.cpuSeconds, cpuSeconds), over),
        receivedPerSecond: Math.round(rate(grown(was?.receivedBytes, receivedBytes), over)),
        sentPerSecond: Math.round(rate(grown(was?.sentBytes, sentBytes), over)),
      };
    }),
  };
}

/** A counter that went back began again. */
function grown(before: number | undefined, after: number): number {
  if (before === undefined) return 0;
  return after >= before ? after - before : after;
}

function rate(amount: number, seconds: number | undefined): number {
  return seconds !== undefined && seconds > 0 ? amount / seconds : 0;
}

function percent(cpuSeconds: number, seconds: number | undefined): number {
  return Math.round(rate(cpuSeconds, seconds) * 1_000) / 10;
}
