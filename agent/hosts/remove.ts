import { ConstellationError } from "../../contract/index.ts";
import {
  families,
  type HostRecord,
  hostOfKey,
  type Placed,
  type PlacementRecord,
  type Put,
  type Stored,
  type TokenRecord,
} from "../store/index.ts";
import { committed, expectHost } from "./transaction.ts";
import type { Hosts, HostsPorts } from "./types.ts";

type RemovalPorts = Pick<HostsPorts, "store" | "self" | "stateOf" | "remainingMs">;

/** How a host goes. What must run once at most is given up first, and waited for. */
export function createRemoval(ports: RemovalPorts): Pick<Hosts, "remove" | "leave" | "forget"> {
  const { store, self } = ports;

  return {
    async remove(name, isForced) {
      refuseServer(name);
      if (!isForced && ports.stateOf(name) === "ready") {
        const how = "run `constellation-agent down` there, or force it";
        throw new ConstellationError("taken", `remove host ${name}: it answers; ${how}`);
      }
      await forget(name);
    },

    async leave(name) {
      refuseServer(name);
      for (let attempt = 1; ; attempt++) if (await erased(expectHost(store, name), attempt)) return;
    },

    forget,
  };

  function refuseServer(name: string): void {
    if (expectHost(store, name).record.role !== "server" && name !== self) return;
    const how = "remove it as one, or run `constellation-agent down` there";
    throw new ConstellationError("taken", `remove host ${name}: it is a server; ${how}`);
  }

  async function forget(name: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = expectHost(store, name);
      // Given up first: a host that comes back would be confirmed once more as long as they are not.
      const writes = fencingWrites(placementsOn(name), exclusivesOn(name).ids);
      if (writes.length > 0 && !(await committed(store, writes, attempt))) continue;
      const { ids, remainingMs } = exclusivesOn(name);
      if (remainingMs > 0) {
        const seconds = Math.ceil(remainingMs / 1000);
        const why = `it may still run ${[...ids].slice(0, 3).join(", ")}, which run once at most`;
        throw new ConstellationError("busy", `remove host ${name}: ${why}; try again in ${seconds} s`);
      }
      if (await erased(stored, attempt)) return;
    }
  }

  function placementsOn(name: string) {
    return store.list(families.placement).filter(({ key }) => hostOfKey(key) === name);
  }

  function exclusivesOn(name: string) {
    const found = placementsOn(name)
      .flatMap(({ record }) => record.placements)
      .flatMap((placed) => {
        const remainingMs = ports.remainingMs(placed);
        return remainingMs === undefined ? [] : [{ id: placed.id, remainingMs }];
      });
    return {
      ids: new Set(found.map(({ id }) => id)),
      remainingMs: Math.max(0, ...found.map(({ remainingMs }) => remainingMs)),
    };
  }

  async function erased(stored: Stored<HostRecord>, attempt: number): Promise<boolean> {
    const { name } = stored.record;
    const reported = store.list(families.observed).filter(({ key }) => hostOfKey(key) === name);
    // By the token that it has spent it could come back; an unspent one may be for its successor.
    const isSpent = ({ host, spentBy }: TokenRecord) => host === name && spentBy !== undefined;
    const spent = store.list(families.token).filter(({ record }) => isSpent(record));
    const writes = [stored, ...placementsOn(name), ...reported, ...spent].map(({ key, modRevision }) => ({
      remove: key,
      was: modRevision,
    }));
    return await committed(store, writes, attempt);
  }
}

/** The host's placements with these given up: no server confirms them from then on. */
function fencingWrites(stored: readonly Stored<PlacementRecord>[], ids: ReadonlySet<string>): Put[] {
  const isOpen = (placed: Placed) => ids.has(placed.id) && placed.isFenced !== true;
  const given = { want: "drain", isFenced: true, reason: "its host is removed" } as const;
  return stored
    .filter(({ record }) => record.placements.some(isOpen))
    .map(({ key, record, modRevision }) => ({
      key,
      record: {
        ...record,
        placements: record.placements.map((one) => (isOpen(one) ? { ...one, ...given } : one)),
      },
      was: modRevision,
    }));
}
