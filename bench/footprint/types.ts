import type { Machine } from "../../test/lab/index.ts";
import type { Memory } from "../processes.ts";

export interface Growth {
  readonly before: Memory;
  readonly after: Memory;
}

/** A way to run the workload. */
export interface Party {
  readonly machine: Machine;
  /** One more; resolves when it runs. Several at once may be asked for. */
  add(number: number): Promise<void>;
}

export interface Figures {
  readonly instances: number;
  readonly seconds: number;
  /** With one service of two instances. */
  readonly idle: Memory;
  /** With those and `instances` more. */
  readonly full: Memory;
  /** Processor time, in milliseconds, of each program over `seconds`, all instances doing nothing. */
  readonly usedMs: Readonly<Record<string, number>>;
  /** The same, their health probed over HTTP every 10 s. */
  readonly probedMs: Readonly<Record<string, number>>;
  readonly ours: Growth;
  /** The same workloads without any container. */
  readonly bare: Growth;
  readonly podman?: Growth;
}

/** An HTTP server that nobody asks, but for the probes of its health where there are any. */
export const workload = {
  port: 8000,
  command: (port: number) => ["httpd", "-f", "-p", String(port), "-h", "/etc"],
} as const;

/** More than the rest of a run takes where a machine is busy. */
export const startLimitMs = 120_000;
