import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSealer } from "../secrets/index.ts";
import { type DecodedSet, type Family, families, hostOfKey, keys, type Store } from "../store/index.ts";
import { createAssignments } from "./assignments.ts";

const sealer = createSealer({ sealing: randomBytes(32), digest: randomBytes(32) });
const at = "2026-01-01T00:00:00.000Z";
const hosts = ["a", "b"];
const services = ["web", "api"];

const placed = (service: string, host: string) => ({
  ...{ id: `${service}-${host}`, namespace: "shop", service, serviceUid: service, name: `${service}-0` },
  ...{
    index: 0,
    revision: 1,
    address: host === "a" ? "10.64.0.9" : "10.64.1.9",
    want: "run",
    reason: "wanted",
    at,
    host,
  },
});
const observed = (host: string, healthy: boolean, state = "running") => ({
  host: { name: host },
  instances: services.map((service) => ({ id: `${service}-${host}`, state, healthy, service })),
});
const service = (name: string) => ({
  ...{ kind: "Service", namespace: "shop", name, uid: name, revision: 1, createdAt: at, updatedAt: at },
  ...{ inputs: { discovery: "virtual", image: "i" }, outputs: { address: "240.0.0.1", imageDigest: "" } },
});
const spec = (name: string) => ({
  ...{ uid: name, revision: 1, namespace: "shop", service: name, inputs: {}, imageDigest: "", at },
  minHealthyTimeMs: 500,
});

/** Two hosts, two services, an instance of each on each host; what changes is told, as the store does. */
function createCluster(lookMs = 0) {
  const records = new Map<string, unknown>([
    [keys.cluster, { name: "home", network: { cidr: "10.64.0.0/12", mode: "direct" } }],
    ...hosts.map((name) => [keys.host(name), { name, cidr: "10.64.0.0/22", role: "host" }] as const),
    ...hosts.map(
      (host) => [keys.placement(host, 0), { placements: services.map((s) => placed(s, host)) }] as const,
    ),
    ...hosts.map((host) => [keys.observed(host, 0), observed(host, true)] as const),
    ...services.map((name) => [keys.desired("shop", "Service", name), service(name)] as const),
    ...services.map((name) => [keys.spec(name, 1), spec(name)] as const),
  ]);
  const listeners = new Set<(set: Omit<DecodedSet, "revision">) => void>();
  const lost = new Set<string>();
  const read = (key: string) => {
    const record = records.get(key) as ReturnType<typeof observed>;
    if (!lost.has(hostOfKey(key))) return record;
    if (key.startsWith(families.host.prefix)) return { ...record, state: "lost" };
    if (!key.startsWith(families.observed.prefix)) return record;
    return { ...record, instances: record.instances.map((one) => ({ ...one, state: "lost" })) };
  };
  const found = (key: string) => ({ key, record: read(key), modRevision: 1 }) as never;
  let looks = 0;
  let isBroken = false;
  const store = {
    revision: () => 1,
    get: (_family: Family, key: string) => (records.has(key) ? found(key) : undefined),
    unreadable: () => [],
    list: (family: Family, prefix = family.prefix) => {
      if (prefix === "desired/") {
        looks += 1;
        if (isBroken) {
          isBroken = false;
          throw new Error("it cannot be read now");
        }
        for (const until = performance.now() + lookMs; performance.now() < until; );
      }
      return [...records.keys()].filter((key) => key.startsWith(prefix)).map(found);
    },
    subscribe(listener: (set: Omit<DecodedSet, "revision">) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as Store;
  const breakNext = () => {
    isBroken = true;
  };
  const set = (key: string, record: unknown) => {
    const before = records.has(key) ? found(key) : undefined;
    records.set(key, record);
    const family = Object.values(families).find(({ prefix }) => key.startsWith(prefix)) as Family;
    for (const tell of listeners)
      tell({ changes: [{ family, key, before, now: found(key) }], unreadable: [] });
  };
  /** It is lost, or back. */
  const turn = (host: string) => {
    if (!lost.delete(host)) lost.add(host);
    for (const tell of listeners) tell({ changes: [], unreadable: [], states: [host] });
  };
  const fresh = () => createAssignments(store, sealer);
  return { set, turn, breakNext, looks: () => looks, assignments: fresh(), fresh };
}

test("all hosts are told from one look at the store, and share what they have in common", () => {
  const { assignments, looks } = createCluster();
  const [a, b] = [assignments.of("a"), assignments.of("b")];
  expect(looks()).toBe(1);
  expect(a?.services).toBe(b?.services);
  expect(a?.specs["web/1"]).toBe(b?.specs["web/1"]);
  expect(a?.placements.map(({ id }) => id)).toEqual(["web-a", "api-a"]);
});

test("a change makes new objects of what it changed alone", () => {
  const { assignments, set } = createCluster();
  const before = assignments.of("a");
  set(keys.observed("b", 0), {
    ...observed("b", true),
    instances: [
      { id: "api-b", state: "running", healthy: true },
      { id: "web-b", state: "running", healthy: false },
    ],
  });
  const after = assignments.of("a");
  expect(after?.services[0]).not.toBe(before?.services[0]);
  expect(after?.services[0]?.endpoints.map(({ instance }) => instance)).toEqual(["web-a"]);
  expect(after?.services[1]).toBe(before?.services[1]);
  expect(after?.specs["web/1"]).toBe(before?.specs["web/1"]);
  expect(after?.peers).toBe(before?.peers);
});

test("a change that no route follows from leaves them the same, and one without a revision is seen", () => {
  const { assignments, set, turn } = createCluster();
  const before = assignments.of("a");
  set(keys.observed("b", 0), observed("b", true, "unknown"));
  expect(assignments.of("a")?.services).toBe(before?.services);
  const known = assignments.of("a")?.services[0];
  turn("b");
  expect(assignments.of("a")?.services[0]?.endpoints).toHaveLength(1);
  expect(assignments.of("a")?.peers).toEqual(before?.peers);
  turn("b");
  expect(assignments.of("a")?.services[0]).toEqual(known);
});

test("the members of a network are the same object until another one comes or goes", () => {
  const { assignments, set } = createCluster();
  const web = service("web");
  const inputs = { ...web.inputs, networks: [{ network: "back" }] };
  set(keys.desired("shop", "Service", "web"), { ...web, inputs });
  const before = assignments.of("a")?.networks;
  expect(before?.map(({ members }) => members)).toEqual([["10.64.0.9", "10.64.1.9"]]);
  set(keys.observed("b", 0), observed("b", false));
  expect(assignments.of("a")?.networks?.[0]).toBe(before?.[0]);
  set(keys.placement("b", 0), { placements: [placed("api", "b")] });
  expect(assignments.of("a")?.networks?.map(({ members }) => members)).toEqual([["10.64.0.9"]]);
});

test("a look that fails forgets nothing of what has changed", () => {
  const { assignments, set, breakNext } = createCluster();
  assignments.of("a");
  set(keys.observed("b", 0), observed("b", false));
  breakNext();
  expect(() => assignments.of("a")).toThrow("it cannot be read now");
  expect(assignments.of("a")?.services[0]?.endpoints.map(({ instance }) => instance)).toEqual(["web-a"]);
});

test("what a service is now changes what its instances run", () => {
  const { assignments, set } = createCluster();
  expect(assignments.of("a")?.specs["web/1"]?.inputs.image).toBe("i");
  const web = service("web");
  set(keys.desired("shop", "Service", "web"), { ...web, inputs: { ...web.inputs, image: "j" } });
  expect(assignments.of("b")?.specs["web/1"]?.inputs.image).toBe("j");
});

test("after a look that took long the next one waits, and all hosts wait for the same", async () => {
  const lookMs = 20;
  const { assignments, set, looks } = createCluster(lookMs);
  const ending = new AbortController();
  const followed = hosts.map((host) => assignments.follow(host, ending.signal)[Symbol.asyncIterator]());
  const told = async () => {
    const all = await Promise.all(followed.map((one) => one.next()));
    return all.map(({ value }) => value?.services[0]?.endpoints.length);
  };
  expect(await told()).toEqual([2, 2]);
  const one = told();
  set(keys.observed("b", 0), observed("b", false));
  expect(await one).toEqual([1, 1]);
  const begun = performance.now();
  const other = told();
  set(keys.observed("a", 0), observed("a", false));
  set(keys.observed("b", 0), observed("b", true));
  expect(await other).toEqual([1, 1]);
  expect(looks()).toBe(3);
  expect(performance.now() - begun).toBeGreaterThan(2 * lookMs);
  ending.abort();
});

const host = fc.constantFrom(...hosts);
const some = fc.subarray(services);
const placement = fc.tuple(host, some, fc.constantFrom("run", "drain")).map(([name, placedHere, want]) => {
  const placements = placedHere.map((one) => ({ ...placed(one, name), want }));
  return [keys.placement(name, 0), { placements }] as const;
});
const report = fc.tuple(host, some, fc.boolean()).map(([name, told, isHealthy]) => {
  const all = observed(name, isHealthy);
  const instances = all.instances.filter((instance) => told.includes(instance.service));
  return [keys.observed(name, 0), { ...all, instances }] as const;
});
const document = fc
  .tuple(fc.constantFrom(...services), fc.constantFrom("i", "j"), fc.boolean())
  .map(([name, image, isAnother]) => {
    const wanted = service(name);
    const uid = isAnother ? `${name}-2` : name;
    const record = { ...wanted, uid, inputs: { ...wanted.inputs, image } };
    return [keys.desired("shop", "Service", name), record] as const;
  });
const machine = fc.tuple(host, fc.constantFrom("192.0.2.1", "192.0.2.2")).map(([name, address]) => {
  return [keys.host(name), { name, cidr: "10.64.0.0/22", role: "host", address }] as const;
});

const turned = host.map((name) => [name, undefined] as const);

test("what is derived from changes is what is derived from everything, whichever changes come between two looks", () => {
  const changes = fc.array(fc.tuple(fc.oneof(placement, report, document, machine, turned), fc.boolean()));
  fc.assert(
    fc.property(changes, (all) => {
      const { set, turn, assignments, fresh } = createCluster();
      const look = () => hosts.map((name) => assignments.of(name));
      for (const [[key, record], isLookedAt] of all) {
        if (record === undefined) turn(key);
        else set(key, record);
        if (isLookedAt) look();
      }
      const anew = fresh();
      expect(look()).toEqual(hosts.map((name) => anew.of(name)));
    }),
  );
});
