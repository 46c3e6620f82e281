import { durationMs } from "../../contract/index.ts";
import { UsageError } from "../session/index.ts";

/** `5m` ago, or a time, as RFC 3339 in UTC. */
export function sinceTime(text: string, nowMs: number): string {
  const agoMs = durationMs(text);
  if (agoMs !== undefined) return new Date(nowMs - agoMs).toISOString();
  const at = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new UsageError(
      `--since ${text}: is neither a duration like 5m nor a time like 2026-01-31T08:00:00Z`,
    );
  return new Date(at).toISOString();
}
