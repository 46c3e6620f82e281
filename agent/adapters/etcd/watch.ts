import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../../contract/index.ts";
import type { Change, ChangeSet } from "../../store/index.ts";
import type { Gateway } from "./gateway.ts";
import { decoded, entryOf, rangeOf, type WatchAnswer } from "./messages.ts";

const reconnectMs = 100;

/** Watches every key; a lost stream is opened again behind the last revision that was handed on. */
export async function* watch(
  gateway: Gateway,
  fromRevision: number,
  signal: AbortSignal,
  { before }: { readonly before: boolean },
): AsyncIterable<ChangeSet> {
  let next = fromRevision;
  while (!signal.aborted) {
    try {
      const request = { ...rangeOf(""), start_revision: next, prev_kv: before };
      const answers = gateway.stream<WatchAnswer>("/v3/watch", { create_request: request }, signal);
      for await (const answer of answers) {
        for (const set of setsOf(answer)) {
          yield set;
          next = set.revision + 1;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ConstellationError) throw error;
      // The member restarts or the stream broke: nothing is lost, the next one starts behind `next`.
    }
    await delay(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
}

/** etcd never splits a revision over answers unless asked to; an answer may hold several. */
function* setsOf({ canceled, compact_revision, events = [] }: WatchAnswer): Iterable<ChangeSet> {
  if (canceled) {
    if (Number(compact_revision ?? 0) > 0) {
      throw new ConstellationError(
        "compacted",
        "watch the store: that revision is no longer kept; list again",
      );
    }
    throw new Error("the watch was cancelled");
  }
  let changes: Change[] = [];
  let revision = 0;
  for (const { type, kv, prev_kv } of events) {
    const at = Number(kv.mod_revision);
    if (at !== revision && changes.length > 0) {
      yield { revision, changes };
      changes = [];
    }
    revision = at;
    changes.push({
      key: decoded(kv.key),
      now: type === "DELETE" ? undefined : entryOf(kv),
      before: prev_kv && Number(prev_kv.mod_revision ?? 0) > 0 ? entryOf(prev_kv) : undefined,
    });
  }
  if (changes.length > 0) yield { revision, changes };
}
