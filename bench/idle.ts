import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const limits = { lookMs: 60, waitMs: 1_500, idleShare: 0.85 };

/** Ticks since boot over all processors, as /proc/stat counts them (proc(5)). */
interface Ticks {
  readonly idle: number;
  readonly total: number;
}

/**
 * Waits until the machine is mostly idle, so that its other users do not spoil the sample that follows.
 * False when it did not become so within 1.5 s: the sample is then taken as it comes.
 */
export async function idleMoment(): Promise<boolean> {
  const deadline = performance.now() + limits.waitMs;
  let before = readTicks();
  for (;;) {
    await delay(limits.lookMs);
    const now = readTicks();
    if (idleShare(before, now) >= limits.idleShare) return true;
    if (performance.now() > deadline) return false;
    before = now;
  }
}

export function idleShare(before: Ticks, now: Ticks): number {
  const total = now.total - before.total;
  return total <= 0 ? 1 : (now.idle - before.idle) / total;
}

/** Parses the text of /proc/stat; waiting for a disk counts as idle. */
export function parseTicks(stat: string): Ticks {
  const line = stat.slice(0, stat.indexOf("\n"));
  // The two after the eighth, of guests, are counted in the first two already.
  const counts = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = counts;
  return { idle: idle + waiting, total: counts.reduce((sum, count) => sum + count, 0) };
}

function readTicks(): Ticks {
  return parseTicks(readFileSync("/proc/stat", "utf8"));
}
