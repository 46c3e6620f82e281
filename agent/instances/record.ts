import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import { setAside } from "../lib/set-aside.ts";
import type { LogBounds } from "../logs/index.ts";
import type { Placement } from "../session/index.ts";
import type { Life, Policy } from "./life.ts";
import { type Folders, type Places, placesOf } from "./places.ts";

/** What is kept of an instance beside its containers: enough to adopt, report, stop and remove it without its spec. No secrets. */
export interface InstanceRecord {
  readonly version: 1;
  readonly placement: Omit<Placement, "want" | "reason">;
  readonly image: string;
  readonly policy: Policy;
  readonly life: Life;
  /** As last reported: an adopted instance goes on taking traffic. */
  readonly healthy: boolean;
  /** Of the log: what is kept of it. Absent: it has none. */
  readonly logging?: LogBounds;
}

/** Only ever written by `writeRecord`, so a look at the version and the parts that steer is enough. */
const written = z.looseObject({
  version: z.literal(1),
  placement: z.looseObject({ id: z.string() }),
  policy: z.looseObject({ restart: z.string(), graceMs: z.number() }),
  life: z.looseObject({ state: z.looseObject({ kind: z.string() }), since: z.number() }),
});

/** Replaces the record at once or not at all. A lost one costs no more than a restart after a power cut, so no fsync. */
export function writeRecord(places: Places, record: InstanceRecord): void {
  mkdirSync(places.kept, { recursive: true, mode: 0o700 });
  writeFileSync(`${places.record}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${places.record}.new`, places.record);
}

/**
 * Every instance this host has a folder of; `undefined` where a folder has no record that can be read. One that cannot
 * is set aside, which `onUnreadable` is told.
 */
export function readRecords(
  folders: Folders,
  onUnreadable: (file: string) => void,
): Map<string, InstanceRecord | undefined> {
  mkdirSync(folders.state, { recursive: true, mode: 0o700 });
  return new Map(
    readdirSync(folders.state).map((id) => [id, readRecord(placesOf(folders, id), onUnreadable)]),
  );
}

function readRecord({ record }: Places, onUnreadable: (file: string) => void): InstanceRecord | undefined {
  if (!existsSync(record)) return undefined;
  try {
    return written.parse(JSON.parse(readFileSync(record, "utf8"))) as unknown as InstanceRecord;
  } catch {
    onUnreadable(setAside(record)); // Torn by a power cut, say.
    return undefined;
  }
}
