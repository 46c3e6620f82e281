import { readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import type { Terms } from "./terms.ts";

/** An instance as the guard watches it, and what the next agent needs to go on. */
export interface Hold extends Terms {
  readonly deadlineMs: number;
}

const written = z.object({
  bootId: z.string(),
  holds: z.record(
    z.string(),
    z.object({
      deadlineMs: z.number(),
      exclusive: z.boolean(),
      stopAfterMs: z.number().optional(),
    }),
  ),
});

/** Of this boot; empty where there are none, or where an earlier boot has left them: its processes are gone. */
export function readHolds(file: string, bootId: string): Map<string, Hold> {
  let found: z.infer<typeof written>;
  try {
    found = written.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return new Map(); // Nobody was held yet, or nobody knows: then a server's word comes first.
  }
  if (found.bootId !== bootId) return new Map();
  return new Map(
    Object.entries(found.holds).map(([id, { exclusive, deadlineMs, stopAfterMs }]) => [
      id,
      { isExclusive: exclusive, deadlineMs, ...(stopAfterMs !== undefined && { stopAfterMs }) },
    ]),
  );
}

/** Replaces the file at once or not at all: the guard (agent/guard/fence.go) may read it at any moment. */
export function writeHolds(file: string, bootId: string, holds: ReadonlyMap<string, Hold>): void {
  const entries = [...holds].map(([id, { isExclusive, deadlineMs, stopAfterMs }]) => [
    id,
    { deadlineMs: wholeMs(deadlineMs), exclusive: isExclusive, stopAfterMs },
  ]);
  writeFileSync(`${file}.new`, `${JSON.stringify({ bootId, holds: Object.fromEntries(entries) })}\n`, {
    mode: 0o600,
  });
  renameSync(`${file}.new`, file);
}

/** Of one that nobody confirmed: over since the boot. */
const wholeMs = (deadlineMs: number) => Math.max(0, Math.floor(deadlineMs));
