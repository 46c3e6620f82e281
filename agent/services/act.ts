import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ConstellationError, limits } from "../../contract/index.ts";
import {
  families,
  keys,
  type Put,
  placementRecordsOn,
  type Removal,
  type Spec,
  type Store,
} from "../store/index.ts";
import type { HostStates } from "./fleet.ts";
import { applyOps } from "./placements.ts";
import { commitBounds, turnsOf } from "./turns.ts";
import { describe, type Op } from "./types.ts";
import type { Remaining } from "./view.ts";

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
  /** How long exclusive instances may go on. */
  readonly remainingMs: Remaining;
}

/** Stores a new revision of a service's workload. */
export async function revise(spec: Spec, { store }: ActPorts): Promise<void> {
  await store.commit([{ key: keys.spec(spec.uid, spec.revision), record: spec, was: undefined }]);
}

/**
 * Carries out a decision, some ops a transaction and some transactions at once; throws `conflict` as soon as the
 * placements are not those it was made on and this has written: what others drain meanwhile counts towards how many
 * may go at once.
 */
export async function act(ops: readonly Op[], ports: ActPorts): Promise<void> {
  const others = watchOthers(ports.store);
  try {
    for (const transactions of turnsOf(ops, ({ host }) => host)) {
      if (transactions.length === 1) {
        await commit(transactions[0] ?? [], others, ports, histories);
        continue;
      }
      await someAtOnce(transactions, (one) => commit(one, others, ports));
      // Written by themselves: two hosts may have instances of one service.
      const at = ports.now().toISOString();
      for (const told of turnsOf(transactions.flat(), serviceOf))
        await someAtOnce(told, (one) => write(histories(ports.store, one, at), ports.store));
    }
  } finally {
    others.end();
  }
}

const serviceOf = ({ namespace, service }: Op) => `${namespace}/${service}`;

type AlongOps = (store: Store, ops: readonly Op[], at: string) => Put[];

/** What is too large for one transaction is written in two, each some hosts' ops. */
async function commit(
  ops: readonly Op[],
  others: Others,
  ports: ActPorts,
  along: AlongOps = () => [],
): Promise<void> {
  others.requireNone();
  const at = ports.now().toISOString();
  const byHost = [...Map.groupBy(ops, ({ host }) => host)];
  const writes = byHost.flatMap(([host, own]) => placementWrites(host, own, at, ports));
  if (writes.length === 0) return;
  others.expect(writes.map((write) => ("remove" in write ? write.remove : write.key)));
  try {
    await ports.store.commit([...writes, ...along(ports.store, ops, at)]);
  } catch (error) {
    const isTooLarge = error instanceof ConstellationError && error.code === "too-large";
    if (!isTooLarge || byHost.length === 1) throw error;
    const middle = Math.ceil(byHost.length / 2);
    for (const half of [byHost.slice(0, middle), byHost.slice(middle)])
      await commit(
        half.flatMap(([, own]) => own),
        others,
        ports,
        along,
      );
  }
}

async function write(puts: readonly Put[], store: Store): Promise<void> {
  if (puts.length > 0) await store.commit(puts);
}

/** All of them, some at once; after a failure none is begun any more. */
async function someAtOnce<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const work = async () => {
    for (const item of left) {
      if (hasFailed) return;
      await run(item).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: commitBounds.atOnce }, work));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

type Others = ReturnType<typeof watchOthers>;

/** Notices placements that somebody else writes from now on. */
function watchOthers(store: Store) {
  const expected = new Set<string>();
  let isChanged = false;
  const end = store.subscribe(({ changes }) => {
    for (const { key } of changes)
      if (key.startsWith(families.placement.prefix) && !expected.delete(key)) isChanged = true;
  });
  return {
    end,
    /** The next change of each of these is one's own; where it is not, one's own write conflicts. */
    expect(keysWritten: readonly string[]) {
      for (const key of keysWritten) expected.add(key);
    },
    requireNone() {
      if (!isChanged) return;
      throw new ConstellationError(
        "conflict",
        "place instances: placements were changed in between; decide again",
      );
    },
  };
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
  const before = placementRecordsOn(store, host);
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
