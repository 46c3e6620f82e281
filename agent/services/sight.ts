import { isDeepStrictEqual } from "node:util";
import { isSameList, type Machine } from "../scheduler/index.ts";
import type { Desired } from "../store/index.ts";
import { createKeptRequests, type KeptRequests, placementIn } from "./fleet.ts";
import type { HostView, PlacedInstance, WantedService } from "./types.ts";

/** What views keep from one to the next: what is the same is the same object, and a host without news is not looked at. */
export interface Sight {
  readonly requests: KeptRequests;
  /** A look begins. `documents`: all services, whose rules say what their instances ask of a host. */
  begin(documents: readonly Desired[]): void;
  /** `records`: all that is stored of a host's instances. `look` is called where any of it is another one. */
  host(name: string, records: readonly unknown[], look: () => HostView): HostView;
  readonly machines: (machines: readonly Machine[]) => Machine[];
  readonly services: (services: readonly WantedService[]) => WantedService[];
}

interface KeptHost {
  readonly records: readonly unknown[];
  readonly uids: readonly string[];
  readonly rules: readonly unknown[];
  readonly view: HostView;
}

export function createSight(): Sight {
  let before: ReadonlyMap<string, KeptHost> = new Map();
  let hosts = new Map<string, KeptHost>();
  let rules: ReadonlyMap<string, unknown> = new Map();
  const rulesOf = (uids: readonly string[]) => uids.map((uid) => rules.get(uid));

  function lookAt(records: readonly unknown[], known: KeptHost | undefined, look: () => HostView): KeptHost {
    const isSame =
      known?.view.isLasting &&
      isSameList(known.records, records) &&
      isSameList(known.rules, rulesOf(known.uids));
    if (known && isSame) return known;
    const view = kept(known?.view, look());
    const uids = [...new Set(view.instances.map(({ serviceUid }) => serviceUid))];
    return { records, uids, rules: rulesOf(uids), view };
  }

  return {
    requests: createKeptRequests(),
    begin(documents) {
      before = hosts;
      hosts = new Map();
      const known = rules;
      rules = new Map(
        documents.map((service) => {
          const [earlier, now] = [known.get(service.uid), placementIn(service)];
          return [service.uid, isDeepStrictEqual(earlier, now) ? earlier : now];
        }),
      );
    },
    host(name, records, look) {
      const found = lookAt(records, before.get(name), look);
      hosts.set(name, found);
      return found.view;
    },
    machines: keptBy(({ name }: Machine) => name, isDeepStrictEqual),
    services: keptBy(
      ({ uid }: WantedService) => uid,
      (one, other) => one.request === other.request && isDeepStrictEqual(one, other),
    ),
  };
}

/** What was there by the same key the time before, where it is the same. */
function keptBy<T>(keyOf: (item: T) => string, isSame: (one: T, other: T) => boolean) {
  let before: ReadonlyMap<string, T> = new Map();
  return (items: readonly T[]): T[] => {
    const now = items.map((item) => {
      const earlier = before.get(keyOf(item));
      return earlier !== undefined && isSame(earlier, item) ? earlier : item;
    });
    before = new Map(now.map((item) => [keyOf(item), item]));
    return now;
  };
}

function kept(before: HostView | undefined, now: HostView): HostView {
  const known = new Map(before?.instances.map((instance) => [instance.id, instance]));
  const instances = now.instances.map((instance) => {
    const earlier = known.get(instance.id);
    return earlier && isSameInstance(earlier, instance) ? earlier : instance;
  });
  return { ...now, instances };
}

/** Field by field: there are many. What is exclusive says how long it may go on, which is another time with each look. */
function isSameInstance(one: PlacedInstance, other: PlacedInstance): boolean {
  if (one.exclusive !== undefined || other.exclusive !== undefined) return false;
  const fields = Object.keys(other) as (keyof PlacedInstance)[];
  return fields.every((field) => one[field] === other[field]);
}
