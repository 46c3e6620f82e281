import { createFleet, type Fleet } from "./fleet.ts";
import type { Machine, Occupant } from "./types.ts";

/** Keeps a fleet from one decision to the next: with many hosts, making it anew costs more than most decisions. */
export interface Ledger {
  /**
   * The hosts with what is on them, by host: the same as `createFleet` of both. What the decision before put there or took is
   * undone, and only lists that are other ones than the last time are looked into.
   */
  open(machines: readonly Machine[], occupants: ReadonlyMap<string, readonly Occupant[]>): Fleet;
}

/** Columns by what is asked of hosts' nature are kept for good: now and then they are let go of. */
const opensKept = 10_000;

interface Kept {
  readonly fleet: Fleet;
  readonly machines: readonly Machine[];
  readonly opens: number;
}

export function createLedger(): Ledger {
  let kept: Kept | undefined;
  let there: ReadonlyMap<string, readonly Occupant[]> = new Map();
  let undo: (() => void)[] = [];
  let isSpoilt = false;

  function anew(machines: readonly Machine[]): Kept {
    return { fleet: createFleet(machines, [...there.values()].flat()), machines: [...machines], opens: 0 };
  }

  /** What somebody on trial does is noted, so that it can be undone. */
  function onTrial(fleet: Fleet): Fleet {
    return {
      ...fleet,
      put(occupant) {
        isSpoilt ||= isBound(occupant);
        fleet.put(occupant);
        undo.push(() => fleet.take(occupant));
      },
      take(occupant) {
        fleet.take(occupant);
        undo.push(() => fleet.put(occupant));
      },
    };
  }

  return {
    open(machines, occupants) {
      const before = there;
      there = occupants;
      for (const step of undo.reverse()) step();
      undo = [];
      const isGood = !isSpoilt && kept && kept.opens < opensKept && isSameList(kept.machines, machines);
      const gone = isGood ? differences(occupants, before) : [];
      const come = isGood ? differences(before, occupants) : [];
      if (!kept || !isGood || gone.some(isBound) || come.some(isBound)) {
        isSpoilt = false;
        kept = anew(machines);
      } else {
        const { fleet } = kept;
        gone.forEach(fleet.take);
        come.forEach(fleet.put);
        kept = { ...kept, opens: kept.opens + 1 };
      }
      return onTrial(kept.fleet);
    },
  };
}

type ByHost = ReadonlyMap<string, readonly Occupant[]>;

/** Who is in `to` and not in `from`. */
function differences(from: ByHost, to: ByHost): Occupant[] {
  return [...to].flatMap(([host, list]) => {
    const earlier = from.get(host) ?? [];
    if (earlier === list) return [];
    const known = new Set(earlier);
    return list.filter((occupant) => !known.has(occupant));
  });
}

/**
 * What it keeps away from or near to is noted in order and not counted: when it goes, nobody knows whether it was the last one, and
 * when it comes, it would stand behind others.
 */
const isBound = ({ request: { affinity, service } }: Occupant) =>
  affinity.some((rule) => rule.required && rule.service !== service);

export function isSameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one === other || (one.length === other.length && one.every((item, at) => item === other[at]));
}
