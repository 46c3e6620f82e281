import {
  type DecodedSet,
  families,
  type ObservedRecord,
  type PlacementRecord,
  type Reader,
  type Store,
} from "../store/index.ts";
import { observedInstances, placementsOf } from "./stored.ts";

/** Which instances a host has reported so far. */
export interface Seen {
  has(id: string): boolean;
  /** Lets go of all that is placed no more, once that is much: `placed` is how many there are. */
  bound(placed: number): void;
}

/** Ids that may be left over. */
const spare = 1_000;

/** Follows the store: what changes is looked at, and nothing else. `end` stops it. */
export function followSeen(store: Reader & Pick<Store, "subscribe">): Seen & { end(): void } {
  let seen = new Set(observedInstances(store).keys());
  const end = store.subscribe(({ changes }) => changes.forEach(note));

  function note({ family, now, before }: DecodedSet["changes"][number]): void {
    if (family === families.observed) for (const { id } of reported(now?.record)) seen.add(id);
    if (family !== families.placement) return;
    const left = new Set(placed(now?.record).map(({ id }) => id));
    for (const { id } of placed(before?.record)) if (!left.has(id)) seen.delete(id);
  }

  return {
    has: (id) => seen.has(id),
    bound(most) {
      if (seen.size <= 2 * most + spare) return;
      const there = new Set(placementsOf(store).map((one) => one.placed.id));
      seen = new Set([...seen].filter((id) => there.has(id)));
    },
    end,
  };
}

const reported = (record: unknown) => (record as ObservedRecord | undefined)?.instances ?? [];
const placed = (record: unknown) => (record as PlacementRecord | undefined)?.placements ?? [];
