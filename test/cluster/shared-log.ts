import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../lab/index.ts";

/** One look at the clock by one run of a writer; all hosts of a lab share a kernel, and so its clock. */
export interface Entry {
  /** Milliseconds since the machine's boot, to the hundredth of a second. */
  readonly atMs: number;
  /** Another one each time that the instance's process is started. */
  readonly run: string;
  /** `log-0` */
  readonly slot: string;
  readonly host: string;
}

/** What two that write at once would show: the stretches of time in which each run wrote. */
export interface Stretch {
  readonly run: string;
  readonly slot: string;
  readonly host: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Where a service's instances write as long as they run: a file a host, which the test reads as one log. */
export interface SharedLog {
  /** Of a service: it writes some fifty times a second, whichever host it runs on. */
  readonly inputs: Readonly<Record<string, unknown>>;
  entries(): Entry[];
  /** In order of their beginning. */
  stretches(): Stretch[];
  /** Pairs of runs of one slot that wrote at the same time. */
  overlaps(): [Stretch, Stretch][];
}

const script = [
  "read run < /proc/sys/kernel/random/uuid; slot=$(hostname)",
  "trap 'exit 0' TERM",
  'while read up rest < /proc/uptime; do echo "$up $run $slot ." >> /shared/log; usleep 20000; done',
].join("; ");

/** `name` tells apart the logs of one cluster. */
export async function shareLog(hosts: readonly Host[], name: string): Promise<SharedLog> {
  const folder = `/srv/shared-log/${name}`;
  await Promise.all(hosts.map(async (host) => await host.output(["mkdir", "-p", folder])));
  const fileOf = (host: Host) => join(host.files, folder, "log");

  function entries(): Entry[] {
    return hosts
      .flatMap((host) => readLog(fileOf(host), host.hostname))
      .sort((one, other) => one.atMs - other.atMs);
  }

  function stretches(): Stretch[] {
    return [...Map.groupBy(entries(), ({ run }) => run).values()].flatMap((own) => {
      const [first, last] = [own[0], own.at(-1)];
      if (first === undefined || last === undefined) return [];
      return [{ run: first.run, slot: first.slot, host: first.host, fromMs: first.atMs, untilMs: last.atMs }];
    });
  }

  return {
    inputs: {
      command: ["sh", "-c", script],
      healthCheck: { exec: { command: ["test", "-s", "/shared/log"] }, interval: "500ms" },
      mounts: [{ target: "/shared", hostPath: { path: folder } }],
    },
    entries,
    stretches,
    overlaps() {
      const all = stretches();
      return all.flatMap((one, index) =>
        all
          .slice(index + 1)
          .filter((other) => other.slot === one.slot && other.fromMs <= one.untilMs)
          .map((other): [Stretch, Stretch] => [one, other]),
      );
    },
  };
}

/** A line may be cut short by the writer's end. */
function readLog(file: string, host: string): Entry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [up, run, slot, end] = line.split(" ");
      return run !== undefined && slot !== undefined && end === "."
        ? [{ atMs: Number(up) * 1000, run, slot, host }]
        : [];
    });
}
