import { type Column, type Palette, shortBytes, table } from "../terminal/index.ts";
import type { HostUsage, InstanceUsage, Usage } from "./rates.ts";

export type SortKey = "cpu" | "memory" | "name";

const orders: Readonly<Record<SortKey, (one: InstanceUsage, other: InstanceUsage) => number>> = {
  cpu: (one, other) =>
    other.cpuPercent - one.cpuPercent || other.memoryBytes - one.memoryBytes || byName(one, other),
  memory: (one, other) => other.memoryBytes - one.memoryBytes || byName(one, other),
  name: byName,
};

function byName(one: InstanceUsage, other: InstanceUsage): number {
  return (
    compare(one.namespace, other.namespace) || compare(one.name, other.name) || compare(one.id, other.id)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function sorted(usage: Usage, by: SortKey): Usage {
  return { ...usage, instances: usage.instances.toSorted(orders[by]) };
}

const columns = (palette: Palette, instances: readonly InstanceUsage[]): Column<InstanceUsage>[] => [
  ...(instances.every(({ namespace }) => namespace === "default")
    ? []
    : [{ title: "NAMESPACE", text: ({ namespace }: InstanceUsage) => namespace }]),
  { title: "INSTANCE", text: ({ id }) => id },
  { title: "CPU", text: ({ cpuPercent }) => `${cpuPercent.toFixed(1)}%` },
  {
    title: "MEMORY",
    text: ({ memoryBytes, memoryLimitBytes }) =>
      memoryLimitBytes === undefined
        ? shortBytes(memoryBytes)
        : `${shortBytes(memoryBytes)} of ${shortBytes(memoryLimitBytes)}`,
    paint: (text, { memoryBytes, memoryLimitBytes }) =>
      memoryLimitBytes !== undefined && memoryBytes > memoryLimitBytes * 0.9 ? palette.bad(text) : text,
  },
  {
    title: "PIDS",
    text: ({ pids, pidsLimit }) => (pidsLimit === undefined ? String(pids) : `${pids} of ${pidsLimit}`),
  },
  { title: "RX/S", text: ({ receivedPerSecond }) => shortBytes(receivedPerSecond) },
  { title: "TX/S", text: ({ sentPerSecond }) => shortBytes(sentPerSecond) },
  {
    title: "RESTARTS",
    text: ({ restarts }) => String(restarts),
    paint: (text, { restarts }) => (restarts > 0 ? palette.changing(text) : text),
  },
];

export interface ViewOptions {
  readonly palette: Palette;
  readonly width?: number | undefined;
  /** Lines there is room for; undefined: any number. */
  readonly rows?: number | undefined;
}

/** Lines: one a host, then the instances; what does not fit is counted in the last line. */
export function usageLines(usage: Usage, { palette, width, rows }: ViewOptions): string[] {
  const head = [...usage.hosts.map((host) => hostLine(host, usage)), ""];
  const body = table(columns(palette, usage.instances), usage.instances, {
    width,
    paintTitle: palette.title,
  });
  const room = rows === undefined ? Number.POSITIVE_INFINITY : Math.max(1, rows - head.length - 1);
  if (body.length <= room) return [...head, ...body];
  const shown = body.slice(0, room);
  return [...head, ...shown, palette.faint(`and ${body.length - shown.length} more`)];
}

function hostLine(
  { name, cores, cpuPercent, memoryBytes, memoryTotalBytes }: HostUsage,
  { instances }: Usage,
): string {
  const count = instances.filter(({ host }) => host === name).length;
  return [
    name,
    `cpu ${cpuPercent.toFixed(1)}% of ${cores * 100}%`,
    `memory ${shortBytes(memoryBytes)} of ${shortBytes(memoryTotalBytes)}`,
    count === 1 ? "1 instance" : `${count} instances`,
  ].join("  ");
}
