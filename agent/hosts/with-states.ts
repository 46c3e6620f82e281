import type { Instance } from "../../contract/index.ts";
import { families, hostOfKey, type ObservedRecord, type Store, type Stored } from "../store/index.ts";
import type { HostState } from "./liveness.ts";
import type { HostWatch } from "./watch.ts";

/**
 * The store as it reads while hosts are watched: a host's record says its state, and what it reported of its instances is as
 * old as its last word: `unknown` while it is suspect, `lost` once it is. Subscribers hear of a change of state by a set without changes.
 */
export function withStates(store: Store, watch: Pick<HostWatch, "stateOf" | "subscribe">): Store {
  /** The same objects each time: who compares many of them knows at a glance what is another one. */
  const known = new WeakMap<object, { readonly state: HostState; readonly seen: Stored<unknown> }>();
  const seen = <R>(stored: Stored<R>): Stored<R> => {
    const isHost = stored.key.startsWith(families.host.prefix);
    if (!isHost && !stored.key.startsWith(families.observed.prefix)) return stored;
    const state = watch.stateOf(hostOfKey(stored.key));
    if (state === "ready") return stored;
    const earlier = known.get(stored);
    if (earlier?.state === state) return earlier.seen as Stored<R>;
    const record = isHost ? { ...stored.record, state } : asOf(stored.record as ObservedRecord, state);
    const now = { ...stored, record: record as R };
    known.set(stored, { state, seen: now });
    return now;
  };
  return {
    ...store,
    get(family, key) {
      const stored = store.get(family, key);
      return stored && seen(stored);
    },
    list: (family, prefix) => store.list(family, prefix).map(seen),
    subscribe(listener) {
      const ends = [
        store.subscribe(listener),
        watch.subscribe((host) =>
          listener({ revision: store.revision(), changes: [], unreadable: [], states: [host] }),
        ),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

function asOf(record: ObservedRecord, state: HostState): ObservedRecord {
  return { ...record, instances: record.instances.map((instance) => instanceAsOf(instance, state)) };
}

/** What has ended has ended, whether its host answers or not. */
function instanceAsOf(instance: Instance, state: HostState): Instance {
  if (instance.state === "completed" || instance.state === "failed") return instance;
  return state === "lost"
    ? { ...instance, state: "lost", healthy: false, reason: `its host, ${instance.host}, is lost` }
    : { ...instance, state: "unknown", reason: `its host, ${instance.host}, does not answer` };
}
