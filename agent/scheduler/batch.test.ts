import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { chooseBatch, createFleet, type Machine, type Occupant, preempt, requestOf } from "./index.ts";

const mi = 2 ** 20;
const machine = (name: string, cpu: number, memory: number): Machine => ({
  ...{ name, state: "ready", availability: "active", taints: [], facts: { "host.name": name } },
  ...{ ulimitCeilings: {}, missingCapabilities: [], fences: true, systemReserved: { cpu: 0, memory: 0 } },
  capacity: { cpu, memory: memory * mi },
});
const requestFor = (name: string, cpu: number, memory: number, rules: object = {}) =>
  requestOf({ namespace: "shop", name }, { resources: { cpu, memory: `${memory}Mi` } }, rules);

const sizes = fc.record({
  cpu: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
  memory: fc.integer({ min: 4, max: 512 }),
  strategy: fc.constantFrom("spread", "binpack"),
  priority: fc.integer({ min: 0, max: 2 }),
});
const hostSizes = fc.array(
  fc.record({ cpu: fc.integer({ min: 1, max: 8 }), memory: fc.integer({ min: 64, max: 1024 }) }),
  {
    minLength: 1,
    maxLength: 8,
  },
);

describe("a batch", () => {
  test("is never over any host's capacity, the same in whatever order it is given, and leaves out only what fits nowhere", () => {
    fc.assert(
      fc.property(hostSizes, fc.array(sizes, { maxLength: 24 }), fc.integer(), (hosts, wanted, seed) => {
        const machines = hosts.map(({ cpu, memory }, at) => machine(`h${at}`, cpu, memory));
        const wants = wanted.map(({ cpu, memory, ...rules }, at) => {
          const name = `s${at}`;
          return { key: name, group: name, request: requestFor(name, cpu, memory, rules) };
        });
        const fleet = createFleet(machines);
        const choices = chooseBatch(fleet, wants);
        expect(Math.min(0, ...fleet.freeCores)).toBe(0);
        expect(Math.min(0, ...fleet.freeMemory)).toBe(0);
        const turned = [...wants.slice(seed % 24), ...wants.slice(0, seed % 24)].reverse();
        const other = chooseBatch(createFleet([...machines].reverse()), turned);
        for (const { key, request } of wants) {
          const choice = choices.get(key);
          expect(other.get(key)).toEqual(choice);
          const fits = machines.some(
            (_, host) =>
              request.cpu * 1000 <= (fleet.freeCores[host] ?? 0) &&
              request.memory <= (fleet.freeMemory[host] ?? 0),
          );
          if (choice && "rejections" in choice) expect(fits).toBe(false);
        }
      }),
    );
  });
});

describe("preemption", () => {
  const small = machine("a", 2, 512);
  const there = (id: string, cpu: number, priority: number, host = "a"): Occupant => ({
    ...{ id, host, group: id, leaving: false, request: requestFor(id, cpu, 64, { priority }) },
  });
  const wanted = (cpu: number, priority: number) => ({
    ...{ group: "new", request: requestFor("new", cpu, 64, { priority }) },
  });
  const victims = (
    machines: readonly Machine[],
    occupants: readonly Occupant[],
    want: ReturnType<typeof wanted>,
  ) => {
    const made = preempt(createFleet(machines, occupants), want, () => true);
    return made?.kind === "stop" ? made.victims.map(({ id }) => id) : made?.kind;
  };

  test.each<[string, readonly Occupant[], [cpu: number, priority: number], unknown]>([
    [
      "one is enough, however small the others are",
      [there("x", 1, 0), there("y", 0.5, 0), there("z", 0.5, 0)],
      [1, 1],
      ["x"],
    ],
    ["of two the less important", [there("x", 1, 1), there("y", 1, 0)], [1, 2], ["y"]],
    ["never an equal", [there("x", 1, 1), there("y", 1, 1)], [1, 1], undefined],
    ["not where even all would not do", [there("x", 1, 5), there("y", 1, 0)], [2, 1], undefined],
    [
      "nobody where somebody leaves anyway",
      [{ ...there("x", 1, 5), leaving: true }, there("y", 1, 0)],
      [1, 1],
      "wait",
    ],
    ["not where its own size is too much", [there("x", 1, 0)], [3, 1], undefined],
  ])("%s", (_, occupants, [cpu, priority], expected) => {
    expect(victims([small], occupants, wanted(cpu, priority))).toEqual(expected);
  });

  test("the host that loses the fewest", () => {
    const occupants = [there("x", 1, 0), there("y", 1, 0), there("z", 2, 0, "b")];
    expect(victims([small, machine("b", 2, 512)], occupants, wanted(2, 1))).toEqual(["z"]);
  });

  test("of what somebody important must be near to, all but the last one there", () => {
    const zoned = (name: string, zone?: string) => ({
      ...machine(name, 1, 512),
      facts: { "host.name": name, ...(zone && { zone }) },
    });
    const near = { rule: "together", key: "zone", required: true, service: "cache" };
    const caches = (count: number) =>
      ["a", "b", "c"].slice(0, count).map((host) => ({
        ...there(`cache-${host}`, 1, 0, host),
        request: requestFor("cache", 1, 64),
      }));
    const web = {
      ...there("web", 1, 100, "w"),
      request: requestFor("web", 1, 64, { priority: 100, affinity: [near] }),
    };
    const hosts = ["a", "b", "c", "w"].map((name) => zoned(name, "z"));
    expect(victims(hosts, [...caches(3), web], wanted(1, 50))).toEqual(["cache-a"]);
    expect(victims(hosts.toSpliced(1, 2), [...caches(1), web], wanted(1, 50))).toBeUndefined();
    const unlabelled = [zoned("a"), zoned("w")];
    expect(victims(unlabelled, [...caches(1), web], wanted(1, 50))).toEqual(["cache-a"]);
  });

  test("makes room enough, of lower priority alone, and spares whoever it can", () => {
    const occupant = fc.record({
      cpu: fc.integer({ min: 1, max: 20 }),
      priority: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(occupant, { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 3 }),
        (list, cpu, priority) => {
          const occupants = list.map((one, at) => there(`x${at}`, one.cpu / 10, one.priority));
          const host = machine(
            "a",
            Math.max(
              4,
              occupants.reduce((sum, { request }) => sum + request.cpu, 0),
            ),
            1024,
          );
          const want = wanted(cpu / 10, priority);
          const fleet = createFleet([host], occupants);
          const free = fleet.freeCores[0] ?? 0;
          if (free >= cpu * 100) return;
          const made = preempt(fleet, want, () => true);
          const lower = occupants.filter(({ request }) => request.priority < priority);
          const coresOf = (all: readonly Occupant[]) =>
            all.reduce((sum, { request }) => sum + Math.round(request.cpu * 1000), free);
          if (made?.kind !== "stop") {
            expect(coresOf(lower)).toBeLessThan(cpu * 100);
            return;
          }
          expect(made.victims.every(({ request }) => request.priority < priority)).toBe(true);
          expect(coresOf(made.victims)).toBeGreaterThanOrEqual(cpu * 100);
          for (const spared of made.victims)
            expect(coresOf(made.victims.filter((one) => one !== spared))).toBeLessThan(cpu * 100);
        },
      ),
    );
  });
});
