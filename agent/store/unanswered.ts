import type { ChangeSet, Transaction } from "./types.ts";

/** A transaction that was sent, and whose answer may be lost. */
export interface Unanswered extends Disposable {
  /** At which revision the watch showed all of it written; undefined: it did not. */
  seenAt(): number | undefined;
}

/** Transactions under way, found in what the watch shows: that tells whether one happened when its answer does not. */
export interface InFlight {
  expect(transaction: Transaction): Unanswered;
  note(set: ChangeSet): void;
}

interface Expected {
  readonly writes: ReadonlyMap<string, string | undefined>;
  seenAt: number | undefined;
}

export function createInFlight(): InFlight {
  const byFirstKey = new Map<string, Set<Expected>>();

  return {
    expect({ writes }) {
      const values = new Map(
        writes.map((write) => ("put" in write ? [write.put, write.value] : [write.remove, undefined])),
      );
      const expected: Expected = { writes: values, seenAt: undefined };
      const first = values.keys().next().value ?? "";
      const others = byFirstKey.get(first) ?? new Set();
      byFirstKey.set(first, others.add(expected));
      return {
        seenAt: () => expected.seenAt,
        [Symbol.dispose]() {
          others.delete(expected);
          if (others.size === 0 && byFirstKey.get(first) === others) byFirstKey.delete(first);
        },
      };
    },

    note(set) {
      if (byFirstKey.size === 0) return;
      for (const { key } of set.changes) {
        for (const expected of byFirstKey.get(key) ?? []) {
          if (isAllOf(expected.writes, set)) expected.seenAt ??= set.revision;
        }
      }
    },
  };
}

function isAllOf(writes: Expected["writes"], { changes }: ChangeSet): boolean {
  return (
    changes.length === writes.size &&
    changes.every(({ key, now }) => writes.has(key) && writes.get(key) === now?.value)
  );
}
