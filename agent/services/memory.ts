import { createLedger, type Fleet, isSameList, type Ledger, type Occupant } from "../scheduler/index.ts";
import { isGone } from "./ops.ts";
import { type Crowd, groupOf } from "./rebalance.ts";
import type { Slot } from "./slots.ts";
import type { PlacedInstance, WantedService } from "./types.ts";

/** A service of which nothing was wanted, and what that followed from: while those are the same objects, nothing is. */
export interface Settled {
  readonly service: WantedService;
  readonly group: readonly PlacedInstance[] | undefined;
  readonly machines: Fleet["machines"];
  readonly slots: readonly Slot[];
  readonly crowds: readonly Crowd[];
}

/** What decisions keep from one to the next. It changes none of them: only how much of a large cluster is looked at. */
export interface Memory {
  readonly ledger: Ledger;
  readonly byHost: Grouping<PlacedInstance>;
  readonly byService: Grouping<PlacedInstance>;
  readonly occupantsOf: (instances: readonly PlacedInstance[]) => readonly Occupant[];
  /** By the services' uids, of the last decision. */
  settled: ReadonlyMap<string, Settled>;
}

export function createMemory(): Memory {
  return {
    ledger: createLedger(),
    byHost: createGrouping(({ host }) => host),
    byService: createGrouping(({ serviceUid }) => serviceUid),
    occupantsOf: createOccupants(),
    settled: new Map(),
  };
}

/** Whether it is as it was when nothing was wanted of it; nothing of it may be on its way out. */
export function stillSettled(
  { settled }: Memory,
  { service, group, machines }: Pick<Settled, "service" | "group" | "machines">,
): Settled | undefined {
  const known = settled.get(service.uid);
  const isSame = known?.service === service && known.group === group && known.machines === machines;
  return isSame ? known : undefined;
}

/** Whether nothing but itself made a service want nothing: what waits for room on a host is looked at each time. */
export function isSettledFor({ strategy }: WantedService, slots: readonly Slot[]): boolean {
  return strategy === "start-first" || slots.every(({ outdated }) => outdated === undefined);
}

type Grouping<T> = (items: readonly T[]) => ReadonlyMap<string, readonly T[]>;

/** Groups of the same items as the time before are the same lists. */
function createGrouping<T>(keyOf: (item: T) => string): Grouping<T> {
  let before: ReadonlyMap<string, readonly T[]> = new Map();
  return (items) => {
    const now: Map<string, readonly T[]> = Map.groupBy(items, keyOf);
    for (const [key, group] of now) {
      const earlier = before.get(key);
      if (earlier && isSameList(earlier, group)) now.set(key, earlier);
    }
    before = now;
    return now;
  };
}

/** What takes room of some instances: the same list for the same list, the same object for the same instance. */
function createOccupants(): Memory["occupantsOf"] {
  const lists = new WeakMap<readonly PlacedInstance[], readonly Occupant[]>();
  const known = new WeakMap<PlacedInstance, Occupant>();
  const occupantOf = (instance: PlacedInstance) => {
    const occupant = known.get(instance) ?? occupantAs(instance);
    known.set(instance, occupant);
    return occupant;
  };
  return (instances) => {
    const list = lists.get(instances) ?? instances.filter((one) => !isGone(one)).map(occupantOf);
    lists.set(instances, list);
    return list;
  };
}

function occupantAs(instance: PlacedInstance): Occupant {
  const { id, host, request, want } = instance;
  return { id, host, request, group: groupOf(instance), leaving: want === "drain" };
}
