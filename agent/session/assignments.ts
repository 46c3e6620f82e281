import type { Sealer } from "../secrets/index.ts";
import type { Store } from "../store/index.ts";
import { assignmentOf, type Common, createDerive } from "./assignment.ts";
import { createRounds } from "./rounds.ts";
import { createStale } from "./stale.ts";
import type { Assignment } from "./types.ts";

/** The assignments of all hosts, from one look at the store: what they have in common is derived once a change. */
export interface Assignments {
  /** As the store is now; undefined until the host belongs to a cluster. */
  of(host: string): Assignment | undefined;
  /** A host's own as they change, from the one it has now on: some changes may be told at once, and what is the same again. */
  follow(host: string, signal: AbortSignal): AsyncIterable<Assignment | undefined>;
}

export function createAssignments(store: Store, sealer: Sealer): Assignments {
  const derive = createDerive(store, sealer);
  const stale = createStale();
  let known: Common | undefined;

  const common = (): Common => {
    if (known) return known;
    try {
      known = derive(stale.take());
      return known;
    } catch (error) {
      stale.noteAll();
      throw error;
    }
  };
  const rounds = createRounds(common);
  // A change of a host's state is none of the store's revision: only being told says that something is another.
  store.subscribe((set) => {
    stale.note(set);
    known = undefined;
    rounds.changed();
  });

  return {
    of: (host) => assignmentOf(common(), host),
    async *follow(host, signal) {
      for await (const common of rounds.turns(signal)) yield assignmentOf(common, host);
    },
  };
}
