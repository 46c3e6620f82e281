import { setTimeout as sleep } from "node:timers/promises";

interface GatherOptions {
  /** How long the first item of a batch waits for others. */
  readonly windowMs: number;
  /** Sources wait for the reader while so many items are unread. */
  readonly most: number;
}

/**
 * Reads streams that come one after the other, all at once, and yields what arrived within a moment, so that it can
 * be put in order. Ends when they have all ended and no more come; the failure of one is the failure of the whole.
 */
export async function* gather<T>(
  streams: AsyncIterable<AsyncIterable<T>> | Iterable<AsyncIterable<T>>,
  { windowMs, most }: GatherOptions,
): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let unfinished = 0;
  let failure: { error: unknown } | undefined;
  let change = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();

  function changed(): void {
    change.resolve();
    change = Promise.withResolvers();
  }
  function run(work: () => Promise<void>): void {
    unfinished += 1;
    work()
      .catch((error) => {
        failure ??= { error };
      })
      .finally(() => {
        unfinished -= 1;
        changed();
      });
  }
  async function read(stream: AsyncIterable<T>): Promise<void> {
    for await (const item of stream) {
      batch.push(item);
      changed();
      while (batch.length >= most) await room.promise;
    }
  }

  run(async () => {
    for await (const stream of streams) run(() => read(stream));
  });
  for (;;) {
    if (batch.length > 0) {
      if (unfinished > 0 && batch.length < most) await sleep(windowMs);
      const full = batch;
      batch = [];
      room.resolve();
      room = Promise.withResolvers();
      yield full;
    } else if (failure) throw failure.error;
    else if (unfinished === 0) return;
    else await change.promise;
  }
}
