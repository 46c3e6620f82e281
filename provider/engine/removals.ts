import { ConstellationError } from "../../contract/index.ts";
import type { Call, Operations, Stored } from "./types.ts";
import { knownText } from "./values.ts";

/** A run's own order where the program has none: what does not name its cluster may be deleted beside it, or after. */
export interface Removals {
  /** Deletes of a cluster: after the deletes on it that are under way; those that come meanwhile wait for its outcome. */
  ofClusters(operations: Operations): Operations;
  /** Deletes of what is on a cluster: nothing is left to do once this run has removed that one. */
  onClusters(operations: Operations): Operations;
  /** Deletes of what is on a cluster and has something elsewhere, too: that is left to do whatever became of the cluster. */
  besideClusters(operations: Operations): Operations;
}

/** Of one run of the engine. A cluster is known by its id: what lives on another one is none of this. */
export function createRemovals(): Removals {
  const removed = new Set<string>();
  const removing = new Map<string, Promise<unknown>>();
  const deleting = new Map<string, Set<Promise<void>>>();

  const remove = async (id: string, call: Call, work: () => Promise<void>) => {
    const others = deleting.get(id) ?? new Set();
    if (others.size > 0) call.progress(`waiting until ${others.size} resources on it are deleted`);
    await beforeAbort(Promise.allSettled(others), call.signal);
    await work();
    removed.add(id);
  };

  const deleteOn = async (id: string, old: Stored, call: Call, work: () => Promise<void>) => {
    // Once more where it failed: the cluster is still there then.
    while (removing.has(id)) await beforeAbort(removing.get(id), call.signal);
    if (removed.has(id)) return call.info(`${old.id} went with its cluster`);
    await among(deleting, id, work());
  };

  return {
    ofClusters: (operations) => ({
      ...operations,
      async delete(old, call) {
        const id = idOf(old);
        const work = () => operations.delete(old, call);
        if (id === undefined) return await work();
        const outcome = remove(id, call, work);
        removing.set(
          id,
          outcome.catch(() => undefined),
        );
        await outcome.finally(() => removing.delete(id));
      },
    }),
    onClusters: (operations) => ({
      ...operations,
      async delete(old, call) {
        const id = idOf(old);
        const work = () => operations.delete(old, call);
        await (id === undefined ? work() : deleteOn(id, old, call, work));
      },
    }),
    besideClusters: (operations) => ({
      ...operations,
      async delete(old, call) {
        const id = idOf(old);
        if (id === undefined) return await operations.delete(old, call);
        if (removing.has(id)) await beforeAbort(removing.get(id), call.signal);
        await among(deleting, id, operations.delete(old, call));
      },
    }),
  };
}

function idOf({ outputs }: Stored): string | undefined {
  return knownText(outputs.clusterId);
}

async function among(all: Map<string, Set<Promise<void>>>, id: string, one: Promise<void>): Promise<void> {
  const same = all.get(id) ?? new Set();
  all.set(id, same.add(one));
  await one.finally(() => same.delete(one));
}

/** The outcome itself is told to whoever asked for it. */
async function beforeAbort(awaited: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const abort = () =>
    aborted.reject(new ConstellationError("cancelled", "delete: cancelled before it began; run it again"));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await Promise.race([awaited, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
