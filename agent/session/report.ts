import { isDeepStrictEqual } from "node:util";
import { ConstellationError, type Instance, limits } from "../../contract/index.ts";
import {
  type Compare,
  families,
  type HostRecord,
  keys,
  type ObservedRecord,
  observedRecordsOn,
  type Put,
  type Removal,
  type Store,
} from "../store/index.ts";
import type { Observation } from "./types.ts";

const bounds = { attempts: 5, chunkBytes: limits.recordBytes - 4 * 1024, chunksPerCommit: 12 } as const;

/** Replaces what is stored of a host; keys whose content is the same are not written, but for the one that has the count. */
export async function storeObservation(store: Store, observation: Observation): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write(store, observation);
    } catch (error) {
      const again =
        error instanceof ConstellationError && error.code === "conflict" && attempt < bounds.attempts;
      if (!again) throw error;
    }
  }
}

async function write(store: Store, { host, instances, count }: Observation): Promise<void> {
  const before = observedRecordsOn(store, host.name);
  if (isOvertaken(before[0]?.record, host, count)) return;
  const after = chunked(
    before.map(({ record }) => record),
    host,
    instances,
  );
  const changes = after.map((record, index) => !isSame(before[index]?.record, record));
  const isCounted = count !== undefined && changes.includes(true);
  const observed = after.flatMap((record, index): (Put | Removal)[] => {
    const was = before[index];
    const isHead = index === 0 && isCounted;
    if (!isHead && !changes[index]) return [];
    const emptied = index > 0 && index === after.length - 1 && record.instances.length === 0;
    if (emptied) return was ? [{ remove: was.key, was: was.modRevision }] : [];
    const written = isHead ? { ...record, count } : record;
    return [{ key: keys.observed(host.name, index), record: written, was: was?.modRevision }];
  });
  const writes = [...tunnelKey(store, host), ...observed];
  let head: Compare[] = [];
  for (let start = 0; start < writes.length; start += bounds.chunksPerCommit) {
    const modRevision = await store.commit(writes.slice(start, start + bounds.chunksPerCommit), head);
    // The rest is of this report only while no later one has come in between.
    if (start === 0 && isCounted) head = [{ key: keys.observed(host.name, 0), modRevision }];
  }
}

/** A later report of the same agent is there already: it went by another server. */
function isOvertaken(
  stored: ObservedRecord | undefined,
  { startedAt }: Observation["host"],
  count: number | undefined,
): boolean {
  return count !== undefined && stored?.host?.startedAt === startedAt && (stored.count ?? 0) > count;
}

function isSame(was: ObservedRecord | undefined, next: ObservedRecord): boolean {
  if (was === undefined) return false;
  const { count: _, ...stored } = was;
  return isDeepStrictEqual(stored, next);
}

/** Its tunnel's key goes into the host's own record, if it is another one: there it stays while the host is silent. */
function tunnelKey(store: Store, { name, wireguardKey }: Observation["host"]): Put[] {
  const known = store.get(families.host, keys.host(name));
  if (known === undefined || known.record.wireguardKey === wireguardKey) return [];
  const isTwin = (one: HostRecord) => one.wireguardKey === wireguardKey && one.name !== name;
  const twin = wireguardKey && store.list(families.host).find(({ record }) => isTwin(record));
  if (twin) {
    const fix = "remove wireguard.key from its state folder and restart its agent";
    throw new ConstellationError(
      "forbidden",
      `report ${name}: its tunnel has the key of ${twin.record.name}; ${fix}`,
    );
  }
  return [{ key: known.key, record: { ...known.record, wireguardKey }, was: known.modRevision }];
}

/** Instances stay in the key they are in, so that one transition rewrites one key. */
export function chunked(
  before: readonly ObservedRecord[],
  host: Observation["host"],
  instances: readonly Instance[],
): ObservedRecord[] {
  const wanted = new Map(instances.map((instance) => [instance.id, instance]));
  const chunks = before.map((chunk) =>
    chunk.instances.flatMap(({ id }) => {
      const now = wanted.get(id);
      wanted.delete(id);
      return now ? [now] : [];
    }),
  );
  if (chunks.length === 0) chunks.push([]);
  const sizes = chunks.map((chunk) => JSON.stringify(chunk).length);
  for (const instance of wanted.values()) {
    const bytes = JSON.stringify(instance).length + 1;
    let at = sizes.findIndex((size) => size + bytes < bounds.chunkBytes);
    if (at === -1) at = chunks.push([]) - 1;
    chunks[at]?.push(instance);
    sizes[at] = (sizes[at] ?? 2) + bytes;
  }
  return chunks.map((chunk, index) => (index === 0 ? { instances: chunk, host } : { instances: chunk }));
}
