import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Instance, limits } from "../../contract/index.ts";
import { families, keys, type Store } from "../store/index.ts";
import { chunked, storeObservation } from "./report.ts";
import type { Observation } from "./types.ts";

const host = { name: "vm", startedAt: "2026-01-01T00:00:00.000Z" } as Observation["host"];
const instance = (index: number, reason = "running"): Instance => ({
  id: `web-${index}-abcdef`,
  namespace: "shop",
  service: "web",
  serviceUid: "00000000-0000-0000-0000-000000000000",
  name: `web-${index}`,
  index,
  host: "vm",
  address: "10.64.0.2",
  revision: 1,
  state: "running",
  healthy: true,
  reason,
  restarts: 0,
  image: "oci:web",
  since: "2026-01-01T00:00:00.000Z",
});

test("every instance is in exactly one key, each within its bound; a transition changes one key", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (count, pick) => {
      const all = Array.from({ length: count }, (_, index) => instance(index));
      const chunks = chunked([], host, all);
      expect(chunks.flatMap(({ instances }) => instances)).toEqual(all);
      for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThan(limits.recordBytes);
      const changed = all.map((one, index) =>
        index === pick % count ? instance(index, "exited with code 1") : one,
      );
      const after = chunked(chunks, host, changed);
      expect(after.filter((chunk, at) => JSON.stringify(chunk) !== JSON.stringify(chunks[at]))).toHaveLength(
        1,
      );
      expect(chunked(chunks, host, []).every(({ instances }) => instances.length === 0)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

/** Keys with the revision of their last change; a commit compares as the store does. */
function memory() {
  const stored = new Map<string, { key: string; record: object; modRevision: number }>();
  let revision = 0;
  const commit: Store["commit"] = async (writes, unchanged = []) => {
    const keyOf = (write: (typeof writes)[number]) => ("remove" in write ? write.remove : write.key);
    for (const write of writes) expect(stored.get(keyOf(write))?.modRevision).toBe(write.was);
    for (const { key, modRevision } of unchanged) expect(stored.get(key)?.modRevision).toBe(modRevision);
    revision += 1;
    for (const write of writes)
      if ("remove" in write) stored.delete(write.remove);
      else stored.set(write.key, { key: write.key, record: write.record, modRevision: revision });
    return revision;
  };
  const get = (_: unknown, key: string) => stored.get(key);
  return { stored, store: { get, list: () => [], commit } as unknown as Store };
}

test("a report that was under way for long takes nothing back, whichever keys the later one changed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 200, max: 2_500 }), fc.nat(), async (size, pick) => {
      const { stored, store } = memory();
      const at = pick % size;
      const as = (reason: string) =>
        Array.from({ length: size }, (_, index) => instance(index, index === at ? reason : "running"));
      await storeObservation(store, { host, instances: as("running"), count: 1 });
      await storeObservation(store, { host, instances: as("new"), count: 3 });
      const after = structuredClone([...stored]);
      await storeObservation(store, { host, instances: as("old"), count: 2 });
      expect([...stored]).toEqual(after);
      const head = store.get(families.observed, keys.observed(host.name, 0));
      expect(head?.record.count).toBe(3);
    }),
    { numRuns: 5 },
  );
});
