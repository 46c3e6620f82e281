import type { Logger } from "pino";
import type { Gate } from "../lib/gate.ts";
import type { Assignment } from "../session/index.ts";
import { changeRecord, type Entry, noteEvent } from "./entry.ts";
import { newRecord } from "./new-record.ts";
import { type Folders, placesOf } from "./places.ts";
import { type InstanceRecord, readRecords } from "./record.ts";
import { removeInstance } from "./start.ts";
import type { StepPorts } from "./steps.ts";

export interface AdoptContext {
  readonly folders: Folders;
  readonly entries: Map<string, Entry>;
  readonly ports: StepPorts;
  readonly stopGate: Gate;
  readonly log: Logger;
}

/** Takes over what an agent before this one made. Returns the ids of what has no record that can be read. */
export async function adopt({ folders, entries, ports, log }: AdoptContext): Promise<ReadonlySet<string>> {
  const records = readRecords(folders, (file) =>
    log.warn({ file }, "an instance's record cannot be read and is set aside"),
  );
  for (const [id, record] of records) {
    if (!record) continue;
    entries.set(id, { record: perhapsStarted(record), places: placesOf(folders, id), unhealthy: "" });
  }
  return new Set([...records.keys(), ...(await ports.runtime.list())].filter((id) => !entries.has(id)));
}

/** The steps of a start are not written: whoever finds a record from before one looks how far it has come. */
function perhapsStarted(record: InstanceRecord): InstanceRecord {
  const { life } = record;
  return life.state.kind === "placed"
    ? { ...record, life: { ...life, state: { kind: "starting" } } }
    : record;
}

/**
 * Instances without a record: those that are wanted and run go on with a new one, what the unwanted left is removed
 * while everything else goes on. Those that are wanted and do not run are for the next pass, which starts them.
 */
export async function adoptStrays(
  strays: ReadonlySet<string>,
  assignment: Assignment,
  context: AdoptContext,
): Promise<void> {
  for (const id of strays) {
    const record = newRecord(id, assignment, Date.now());
    if (record === undefined) void context.stopGate(() => discard(id, context));
    else await keep(record, context);
  }
}

/** What runs is taken to be healthy until its probe says otherwise: it was served by before, as far as anybody knows. */
async function keep(record: InstanceRecord, { entries, folders, log, ports }: AdoptContext): Promise<void> {
  const { id } = record.placement;
  const process = await ports.runtime.look(id);
  if (process.kind !== "running") return;
  const entry: Entry = { record: { ...record, healthy: true }, places: placesOf(folders, id), unhealthy: "" };
  entries.set(id, entry);
  changeRecord(entry, {});
  noteEvent(entry, { kind: "started", process: process.process }, Date.now());
  log.warn({ instance: id }, "a running instance without a record is kept, with a new one");
}

async function discard(id: string, { folders, log, ports }: AdoptContext): Promise<void> {
  log.warn({ instance: id }, "removing what an unknown instance left");
  await removeInstance(placesOf(folders, id), ports).catch((error: unknown) =>
    log.error({ instance: id, err: error }, "cannot remove what an unknown instance left"),
  );
}
