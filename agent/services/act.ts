import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ConstellationError, limits } from "../../contract/index.ts";
import {
  families,
  keys,
  type PlacementRecord,
  type Put,
  type Removal,
  type Spec,
  type Store,
} from "../store/index.ts";
import { applyOps } from "./placements.ts";
import { describe, type Op } from "./types.ts";
import type { HostStates } from "./view.ts";

/** Ops carried out in one transaction: their chunks and histories stay within its bounds. */
export const opsPerCommit = 40;

export interface ActPorts {
  readonly store: Store;
  /** A pass has gone by a document's revision for the first time. */
  readonly onObserved: (service: {
    readonly namespace: string;
    readonly name: string;
    readonly revision: number;
  }) => void;
  /** The range of a host's addresses. */
  readonly cidrOf: (host: string) => string | undefined;
  readonly now: () => Date;
  /** Whether hosts answer. */
  readonly hostStates: HostStates;
}

/** Stores a new revision of a service's workload. */
export async function revise(spec: Spec, { store }: ActPorts): Promise<void> {
  await store.commit([{ key: keys.spec(spec.uid, spec.revision), record: spec, was: undefined }]);
}

/**
 * Carries out a decision, some ops a transaction; throws `conflict` as soon as the placements are not those it was made
 * on and this has written: what others drain meanwhile counts towards how many may go at once.
 */
export async function act(ops: readonly Op[], ports: ActPorts): Promise<void> {
  let known = revisionsOf(ports.store);
  for (const [host, own] of Map.groupBy(ops, (op) => op.host)) {
    for (let start = 0; start < own.length; start += opsPerCommit) {
      known = await commitOps(host, own.slice(start, start + opsPerCommit), known, ports);
    }
  }
}

/** By key of a placement. */
type Revisions = ReadonlyMap<string, number>;

function revisionsOf(store: Store): Revisions {
  return new Map(store.list(families.placement).map(({ key, modRevision }) => [key, modRevision]));
}

async function commitOps(
  host: string,
  ops: readonly Op[],
  known: Revisions,
  ports: ActPorts,
): Promise<Revisions> {
  const { store } = ports;
  if (!isDeepStrictEqual(revisionsOf(store), known)) {
    throw new ConstellationError(
      "conflict",
      "place instances: placements were changed in between; decide again",
    );
  }
  const at = ports.now().toISOString();
  const writes = placementWrites(host, ops, at, ports);
  if (writes.length === 0) return known;
  const revision = await store.commit([...writes, ...histories(store, ops, at)]);
  const after = new Map(known);
  for (const write of writes) {
    if ("remove" in write) after.delete(write.remove);
    else after.set(write.key, revision);
  }
  return after;
}

/** What a host's placements become; nothing where the ops change none of them. */
export function placementWrites(
  host: string,
  ops: readonly Op[],
  at: string,
  { store, cidrOf }: Pick<ActPorts, "store" | "cidrOf">,
): (Put | Removal)[] {
  const cidr = cidrOf(host);
  if (cidr === undefined) return [];
  const before = chunksOf(store, host);
  const suffix = () => randomBytes(3).toString("hex");
  const after = applyOps(
    before.map(({ record }) => record),
    ops,
    { cidr, at, suffix },
  );
  return after.flatMap((record, index): (Put | Removal)[] => {
    const was = before[index];
    if (was && isDeepStrictEqual(was.record, record)) return [];
    const emptied = index > 0 && index === after.length - 1 && record.placements.length === 0;
    if (emptied) return was ? [{ remove: was.key, was: was.modRevision }] : [];
    return [{ key: keys.placement(host, index), record, was: was?.modRevision }];
  });
}

function chunksOf(store: Store, host: string) {
  const chunks: { key: string; record: PlacementRecord; modRevision: number }[] = [];
  for (let index = 0; ; index++) {
    const chunk = store.get(families.placement, keys.placement(host, index));
    if (!chunk) return chunks;
    chunks.push(chunk);
  }
}

/** The decisions as lines of their services' histories. */
export function histories(store: Store, ops: readonly Op[], at: string): Put[] {
  const told = ops.filter(({ kind }) => kind !== "forget");
  const left = new Set(store.unreadable().map(({ key }) => key));
  return [
    ...Map.groupBy(told, ({ namespace, service }) => keys.history(namespace, "Service", service)),
  ].flatMap(([key, own]) => (left.has(key) ? [] : [appended(store, key, own.map(describe), at)]));
}

/** A service's history with more lines, the oldest dropped past the limit. */
export function appended(store: Store, key: string, messages: readonly string[], at: string): Put {
  const stored = store.get(families.history, key);
  const entries = stored?.record.entries ?? [];
  const first = (entries.at(-1)?.serial ?? 0) + 1;
  const added = messages.map((message, index) => ({ serial: first + index, at, message }));
  return {
    key,
    record: {
      ...stored?.record,
      entries: [...entries, ...added].slice(-Math.max(limits.historyKept, added.length)),
    },
    was: stored?.modRevision,
  };
}
