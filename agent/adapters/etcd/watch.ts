import { setTimeout as delay } from "node:timers/promises";
import type { IWatchResponse } from "etcd3";
import { ConstellationError } from "../../../contract/index.ts";
import type { Change, ChangeSet } from "../../store/index.ts";
import { type Client, limits } from "./client.ts";
import { entryOf } from "./entry.ts";

type Stream = Awaited<ReturnType<Client["openWatch"]>>;

/** Watches every key; a lost stream is opened again behind the last revision that was handed on. */
export async function* watch(
  client: Client,
  fromRevision: number,
  signal: AbortSignal,
): AsyncIterable<ChangeSet> {
  let next = fromRevision;
  while (!signal.aborted) {
    try {
      const stream = await client.openWatch();
      for await (const set of changeSets(stream, next, signal)) {
        yield set;
        next = set.revision + 1;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ConstellationError) throw error;
      // The member restarts or the stream broke: nothing is lost, the next one starts behind `next`.
    }
    await delay(limits.reconnectMs, undefined, { signal }).catch(() => undefined);
  }
}

async function* changeSets(stream: Stream, from: number, signal: AbortSignal): AsyncIterable<ChangeSet> {
  const answers: IWatchResponse[] = [];
  let failure: unknown;
  let wake = () => {};
  const push = (answer: IWatchResponse) => {
    answers.push(answer);
    wake();
  };
  const end = (error: unknown) => {
    failure = error ?? new Error("the stream ended");
    wake();
  };
  stream
    .on("data", push)
    .on("error", end)
    .on("end", () => end(undefined));
  const abort = () => end(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  stream.write({
    create_request: {
      key: Buffer.from("\0"),
      range_end: Buffer.from("\0"),
      start_revision: from,
      prev_kv: true,
      progress_notify: false,
    },
  });
  try {
    for (;;) {
      const answer = answers.shift();
      if (answer) yield* setsOf(answer);
      else if (failure !== undefined) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener("abort", abort);
    stream.on("error", () => undefined); // A cancelled stream still reports its cancelling.
    stream.cancel();
    answers.length = 0;
  }
}

/** etcd never splits a revision over answers unless asked to; an answer may hold several. */
function* setsOf(answer: IWatchResponse): Iterable<ChangeSet> {
  if (answer.canceled) {
    if (Number(answer.compact_revision) > 0) {
      throw new ConstellationError(
        "compacted",
        "watch the store: that revision is no longer kept; list again",
      );
    }
    throw new Error("the watch was cancelled");
  }
  let changes: Change[] = [];
  let revision = 0;
  for (const event of answer.events) {
    const at = Number(event.kv.mod_revision);
    if (at !== revision && changes.length > 0) {
      yield { revision, changes };
      changes = [];
    }
    revision = at;
    changes.push({
      key: event.kv.key.toString(),
      now: event.type === "Put" ? entryOf(event.kv) : undefined,
      before: event.prev_kv && Number(event.prev_kv.mod_revision) > 0 ? entryOf(event.prev_kv) : undefined,
    });
  }
  if (changes.length > 0) yield { revision, changes };
}
