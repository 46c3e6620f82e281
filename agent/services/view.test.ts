import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Family, families, keys, type Reader } from "../store/index.ts";
import { allReady } from "./fleet.ts";
import { createSight } from "./sight.ts";
import { observe } from "./view.ts";

const hosts = ["a", "b"];
const services = ["web", "api"];

/** Records that are replaced, never changed. */
function createRecords() {
  const records = new Map<string, object>();
  const found = (key: string) => ({ key, record: records.get(key), modRevision: 1 });
  const reader = {
    get: (_: Family, key: string) => (records.has(key) ? found(key) : undefined),
    list: ({ prefix }: Family) =>
      [...records.keys()]
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map(found),
    unreadable: () => [],
  } as unknown as Reader;
  return { records, reader };
}

const at = "2026-01-01T00:00:00.000Z";
const host = fc.constantFrom(...hosts);
const service = fc.constantFrom(...services);
const some = fc.subarray(["0", "1", "2"]);
const shape = (name: string, index: string, on: string) => ({
  ...{ id: `${name}-${index}-${on}`, namespace: "shop", service: name, serviceUid: name },
  ...{ name: `${name}-${index}`, index: Number(index), revision: 1, address: "10.64.0.2" },
});
const placement = fc
  .tuple(host, service, some, fc.constantFrom("run", "drain"))
  .map(([on, name, slots, want]): [string, object] => {
    const placements = slots.map((index) => ({ ...shape(name, index, on), want, reason: "wanted", at }));
    return [keys.placement(on, 0), { placements }];
  });
const report = fc
  .tuple(host, service, some, fc.boolean())
  .map(([on, name, slots, healthy]): [string, object] => {
    const capacity = { cpu: 4, memory: 2 ** 30 };
    const about = { name: on, kernel: "6", cgroup: "v2", capacity, ulimitCeilings: {} };
    const instances = slots.map((index) => ({ ...shape(name, index, on), state: "running", healthy }));
    return [keys.observed(on, 0), { host: about, instances }];
  });
const document = fc
  .tuple(
    service,
    fc.constantFrom("web", "web-2"),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 1 }),
  )
  .map(([name, uid, replicas, priority]): [string, object] => {
    const record = { kind: "Service", namespace: "shop", name, uid: name === "web" ? uid : name };
    return [
      keys.desired("shop", "Service", name),
      { ...record, inputs: { replicas, placement: { priority } }, outputs: {} },
    ];
  });
const spec = fc
  .tuple(service, fc.boolean())
  .map(([name, exclusive]): [string, object] => [
    keys.spec(name, 1),
    { uid: name, revision: 1, namespace: "shop", service: name, inputs: { exclusive } },
  ]);
const member = host.map((name): [string, object] => [
  keys.host(name),
  { name, role: "host", cidr: "10.64.0.0/22", addedAt: at },
]);

test("what is seen with what was seen before is what is seen anew, and what is the same is the same object", () => {
  const changes = fc.array(fc.tuple(fc.oneof(placement, report, document, spec, member), fc.boolean()));
  fc.assert(
    fc.property(changes, fc.subarray(hosts), (all, lost) => {
      const { records, reader } = createRecords();
      const sight = createSight();
      const states = (name: string) =>
        lost.includes(name) ? ({ state: "lost", sinceMs: 5 } as const) : allReady(name);
      const look = (...known: [ReturnType<typeof createSight>?]) =>
        observe(reader, new Set(["web-0-a"]), new Date(at), states, () => 100, ...known);
      for (const [[key, record], isLookedAt] of all) {
        // A revision of a workload is never another one.
        if (!(key.startsWith(families.spec.prefix) && records.has(key))) records.set(key, record);
        if (isLookedAt) look(sight);
      }
      const before = look(sight);
      expect(before).toEqual(look());
      const after = look(sight);
      for (const [index, machine] of after.machines.entries()) expect(machine).toBe(before.machines[index]);
      for (const [index, one] of after.instances.entries())
        if (!one.exclusive && records.has(keys.spec(one.serviceUid, 1)))
          expect(one).toBe(before.instances[index]);
    }),
  );
});
