import type { Op } from "./types.ts";

/** Ops carried out in one transaction, and how many hosts or services they may be of: within the store's bounds. */
export const commitBounds = { ops: 40, keys: 12, atOnce: 4 } as const;

/**
 * Ops as transactions, in turns: those of one turn touch different keys, so that they can be written at once; a key's
 * own ops keep their order from turn to turn.
 */
export function turnsOf(ops: readonly Op[], keyOf: (op: Op) => string): Op[][][] {
  const turns: Op[][][] = [];
  for (const own of Map.groupBy(ops, keyOf).values()) {
    for (let start = 0, turn = 0; start < own.length; start += commitBounds.ops, turn++) {
      turns[turn] ??= [];
      turns[turn]?.push(own.slice(start, start + commitBounds.ops));
    }
  }
  return turns.map(packed);
}

/** Puts small ones together. */
function packed(slices: readonly Op[][]): Op[][] {
  const transactions: { ops: Op[]; keys: number }[] = [];
  for (const slice of slices) {
    const last = transactions.at(-1);
    const hasRoom =
      last && last.keys < commitBounds.keys && last.ops.length + slice.length <= commitBounds.ops;
    if (hasRoom) {
      last.ops.push(...slice);
      last.keys += 1;
    } else transactions.push({ ops: [...slice], keys: 1 });
  }
  return transactions.map(({ ops }) => ops);
}
