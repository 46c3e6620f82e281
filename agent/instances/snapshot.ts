import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import * as z from "zod";
import { setAside } from "../lib/set-aside.ts";
import { type Assignment, isSameBesideRevision } from "../session/index.ts";

const fileName = "assignment.json";

/** Only ever written by `writeSnapshot`, so a look at the version and the parts that steer is enough. */
const written = z.looseObject({
  version: z.literal(1),
  assignment: z.looseObject({
    placements: z.array(z.looseObject({ id: z.string() })),
    specs: z.looseObject({}),
    services: z.array(z.unknown()),
  }),
});

const bounds = {
  /** Where only routes are other ones, the next is written after so many times as long as the last one took ... */
  restShare: 10,
  /** ... but no later than this. Milliseconds. */
  longestRestMs: 1_000,
} as const;

/**
 * Writes the last assignment down, so that an agent that starts again goes on before it has a session. Kept in memory alone:
 * the specs in it hold the user's secrets opened. After a reboot the session gives it again. What it says of this host's own
 * instances is written at once; all routes of a large cluster now and then.
 */
export function createSnapshots(folder: string, log: Logger): { keep(assignment: Assignment): void } {
  let kept: Assignment | undefined;
  let waiting: Assignment | undefined;
  let restedAt = 0;

  function write(assignment: Assignment): void {
    const begunAt = performance.now();
    waiting = undefined;
    try {
      writeSnapshot(folder, assignment);
      kept = assignment;
    } catch (error) {
      log.warn({ err: error }, "cannot keep assignment; an agent after this one waits for its session");
    }
    const now = performance.now();
    restedAt = now + Math.min((now - begunAt) * bounds.restShare, bounds.longestRestMs);
  }

  return {
    keep(assignment) {
      const leftMs = restedAt - performance.now();
      if (leftMs <= 0 || !isSameBesideRoutes(kept, assignment)) return write(assignment);
      if (waiting === undefined) setTimeout(() => waiting && write(waiting), leftMs).unref();
      waiting = assignment;
    },
  };
}

function isSameBesideRoutes(one: Assignment | undefined, other: Assignment): boolean {
  return isSameBesideRevision(one && { ...one, services: [] }, { ...other, services: [] });
}

function writeSnapshot(folder: string, assignment: Assignment): void {
  const path = join(folder, fileName);
  writeFileSync(`${path}.new`, JSON.stringify({ version: 1, assignment }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined when there is none, or none that can be read: that one is set aside, and the host waits for its session. */
export function readSnapshot(folder: string, log: Logger): Assignment | undefined {
  const file = join(folder, fileName);
  if (!existsSync(file)) return undefined;
  try {
    return written.parse(JSON.parse(readFileSync(file, "utf8"))).assignment as unknown as Assignment;
  } catch (error) {
    log.warn({ file: setAside(file), err: error }, "the kept assignment cannot be read and is set aside");
    return undefined;
  }
}
