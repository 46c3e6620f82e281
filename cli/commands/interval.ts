import { UsageError } from "../session/index.ts";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const bounds = { leastMs: 200, mostMs: 3_600_000, longestWaitMs: 24 * 3_600_000 } as const;

/** `500ms`, `2s`, `1m`: milliseconds between two looks. */
export function intervalMs(text: string): number {
  const ms = millisecondsOf(text);
  if (ms >= bounds.leastMs && ms <= bounds.mostMs) return ms;
  throw new UsageError(`"${text}" is no interval; give one from 200ms to 60m, like 2s`);
}

/** How long to wait at most. */
export function waitMs(text: string): number {
  const ms = millisecondsOf(text);
  if (ms <= bounds.longestWaitMs) return ms;
  throw new UsageError(`"${text}" is no time to wait; give one up to 24h, like 10m`);
}

/** NaN for what is no time. */
function millisecondsOf(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(amount) * (units[unit as keyof typeof units] ?? Number.NaN);
}

/** A whole number from 1 on. */
export function lookCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageError(`"${text}" is no count; give a whole number from 1 on`);
}
