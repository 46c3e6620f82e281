import type { Sealer } from "../secrets/index.ts";
import type { Store } from "../store/index.ts";
import { assignmentOf, type Common, createDerive } from "./assignment.ts";
import { createStale } from "./stale.ts";
import type { Assignment } from "./types.ts";

const bounds = {
  /** After a look for all hosts, and telling them, the next one waits so many times as long as that took ... */
  restShare: 3,
  /** ... but no longer than this: traffic is to follow a change within a second. Milliseconds. */
  longestRestMs: 300,
} as const;

/** The assignments of all hosts, from one look at the store: what they have in common is derived once a change. */
export interface Assignments {
  /** As the store is now; undefined until the host belongs to a cluster. */
  of(host: string): Assignment | undefined;
  /** Resolves once there may be another look: where many changes come in a row, hosts hear of some of them at once. */
  rested(): Promise<void>;
  /** Calls back after each change; gives what ends that. */
  subscribe(listener: () => void): () => void;
}

export function createAssignments(store: Store, sealer: Sealer): Assignments {
  const derive = createDerive(store, sealer);
  const stale = createStale();
  let common: Common | undefined;
  /** The last look, from its begin until the last host that was told by it so far; milliseconds. */
  let last = { begunAt: 0, endedAt: 0 };
  let resting: Promise<void> | undefined;
  // A change of a host's state is none of the store's revision: only being told says that something is another.
  store.subscribe((set) => {
    stale.note(set);
    common = undefined;
  });

  const begun = (): Common => {
    if (common) return common;
    last = { begunAt: performance.now(), endedAt: performance.now() };
    try {
      common = derive(stale.take());
      return common;
    } catch (error) {
      stale.noteAll();
      throw error;
    }
  };

  return {
    of(host) {
      const assignment = assignmentOf(begun(), host);
      last.endedAt = performance.now();
      return assignment;
    },
    rested() {
      if (common) return Promise.resolve();
      const restMs = Math.min((last.endedAt - last.begunAt) * bounds.restShare, bounds.longestRestMs);
      const leftMs = Math.floor(last.endedAt + restMs - performance.now());
      if (leftMs <= 0) return Promise.resolve();
      resting ??= new Promise<void>((resolve) => setTimeout(resolve, leftMs)).finally(() => {
        resting = undefined;
      });
      return resting;
    },
    subscribe: store.subscribe,
  };
}
