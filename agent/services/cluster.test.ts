import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PlacementRules } from "../../contract/index.ts";
import { createFleet, type Machine, requestOf } from "../scheduler/index.ts";
import { decide } from "./decide.ts";
import { createMemory } from "./memory.ts";
import type { Op, PlacedInstance, WantedService } from "./types.ts";

const gi = 2 ** 30;

function machine(number: number, more: Partial<Machine> = {}): Machine {
  const name = `h${String(number).padStart(4, "0")}`;
  return {
    ...{
      name,
      state: "ready",
      availability: "active",
      taints: [],
      ulimitCeilings: {},
      missingCapabilities: [],
      fences: true,
    },
    capacity: { cpu: 4, memory: 4 * gi },
    systemReserved: { cpu: 0, memory: 0 },
    facts: { "host.name": name, zone: `z${number % 3}` },
    ...more,
  };
}

function service(number: number, more: Partial<WantedService> = {}, rules: Partial<PlacementRules> = {}) {
  const name = `s${number}`;
  const resources = { cpu: 0.25 + (number % 4) * 0.25, memory: "256Mi" };
  const wanted: WantedService = {
    ...{ uid: name, namespace: "shop", name, replicas: 3, perHost: false, strategy: "start-first" },
    ...{ maxSurge: 1, maxUnavailable: 1, specRevision: 1 },
    disconnect: { replaceAfterMs: 0, reconcile: "replacement" },
    request: requestOf({ namespace: "shop", name }, { resources }, rules),
    ...more,
  };
  return wanted;
}

/** Hosts that do at once what they are told, unless they are lost. */
class World {
  machines: Machine[];
  services: WantedService[];
  instances: PlacedInstance[] = [];
  #serial = 0;

  constructor(machines: readonly Machine[], services: readonly WantedService[]) {
    this.machines = [...machines];
    this.services = [...services];
  }

  readonly #memory = createMemory();

  /** With what it remembers, the same is decided as without. */
  decide() {
    const view = { services: this.services, instances: this.instances, machines: this.machines };
    const decision = decide(view, this.#memory);
    expect(decision).toEqual(decide(view));
    return decision;
  }

  apply(ops: readonly Op[]): void {
    const requests = new Map(this.services.map(({ uid, request }) => [uid, request]));
    const byId = new Map(this.instances.map((one) => [one.id, one]));
    for (const op of ops) {
      if (op.kind === "place") {
        const request = requests.get(op.uid);
        if (!request) throw new Error(`nobody wants ${op.slot}`);
        const { uid: serviceUid, index, revision, namespace, service: name, host } = op;
        const id = `${op.slot}-${++this.#serial}`;
        const flags = { want: "run", isMoving: false, present: false, healthy: false } as const;
        const at = String(this.#serial).padStart(9, "0");
        byId.set(id, {
          id,
          serviceUid,
          index,
          revision,
          namespace,
          service: name,
          host,
          request,
          at,
          ...flags,
        });
        continue;
      }
      const one = byId.get(op.id);
      if (!one) continue;
      if (op.kind === "forget") byId.delete(op.id);
      else byId.set(op.id, op.kind === "drain" ? { ...one, want: "drain" } : { ...one, isMoving: true });
    }
    this.instances = [...byId.values()];
  }

  /** Every host that answers does all it was told. */
  run(): void {
    const lost = new Set(this.machines.filter(({ state }) => state === "lost").map(({ name }) => name));
    this.instances = this.instances.map((one) => {
      if (lost.has(one.host)) return one;
      const isUp = one.want === "run";
      return one.present === isUp && one.healthy === isUp ? one : { ...one, present: isUp, healthy: isUp };
    });
  }

  /** Until nothing is decided any more; the number of rounds it took. */
  settle(most: number, each: (ops: readonly Op[]) => void = () => {}): number {
    for (let round = 0; round < most; round++) {
      const { ops } = this.decide();
      each(ops);
      this.apply(ops);
      const before = this.instances;
      this.run();
      const isStill = before.every((one, at) => one === this.instances[at]);
      if (ops.length === 0 && isStill) return round;
    }
    throw new Error(`still moving after ${most} rounds`);
  }

  change(name: string, more: Partial<Machine>): void {
    this.machines = this.machines.map((one) => (one.name === name ? { ...one, ...more } : one));
  }

  runningOn(name: string): PlacedInstance[] {
    return this.instances.filter(({ host, want }) => host === name && want === "run");
  }

  /** No host has more than it has. */
  expectWithinCapacity(): void {
    const occupants = this.instances.map((one) => ({ ...one, group: one.serviceUid, leaving: false }));
    const fleet = createFleet(this.machines, occupants);
    expect(Math.min(0, ...fleet.freeCores)).toBe(0);
    expect(Math.min(0, ...fleet.freeMemory)).toBe(0);
  }
}

const healthySlots = ({ instances }: World, uid: string) =>
  new Set(
    instances
      .filter((one) => one.serviceUid === uid && one.healthy && one.want === "run")
      .map(({ index }) => index),
  ).size;

describe("many hosts", () => {
  test("replicas are spread, and a host that joins gets its share, one move at a time", () => {
    const world = new World([machine(0), machine(1)], [service(0, { replicas: 6 })]);
    world.settle(20);
    expect(world.machines.map(({ name }) => world.runningOn(name).length)).toEqual([3, 3]);
    world.machines.push(machine(2));
    world.settle(50, (ops) => {
      expect(ops.filter(({ kind }) => kind === "place").length).toBeLessThanOrEqual(1);
      expect(healthySlots(world, "s0")).toBe(6);
    });
    expect(world.machines.map(({ name }) => world.runningOn(name).length)).toEqual([2, 2, 2]);
  });

  test.each(["start-first", "stop-first"] as const)(
    "a drained host is emptied, %s, minimums kept",
    (strategy) => {
      const world = new World(
        [0, 1, 2].map((n) => machine(n)),
        [service(0, { replicas: 6, strategy })],
      );
      world.settle(20);
      const others = world.instances.filter(({ host }) => host !== "h0000").map(({ id }) => id);
      world.change("h0000", { availability: "draining" });
      world.settle(50, () =>
        expect(healthySlots(world, "s0")).toBeGreaterThanOrEqual(strategy === "start-first" ? 6 : 5),
      );
      expect(world.runningOn("h0000")).toEqual([]);
      expect(world.instances.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
    },
  );

  test("with nowhere to go, what is on a draining host stays, and is told", () => {
    const world = new World([machine(0)], [service(0, { strategy: "stop-first" })]);
    world.settle(20);
    world.change("h0000", { availability: "draining" });
    world.settle(5);
    expect(world.runningOn("h0000")).toHaveLength(3);
    expect(world.decide().rejections.get("s0")?.[0]?.message).toBe("1 host: h0000 is draining");
  });

  test("what a lost host had runs elsewhere at once; when it is back, one of each stays", () => {
    const world = new World(
      [0, 1, 2].map((n) => machine(n)),
      [service(0, { replicas: 6 })],
    );
    world.settle(20);
    world.change("h0001", { state: "lost", lostMs: 0 });
    expect(world.decide().ops.map(({ kind }) => kind)).toEqual(["place", "place"]);
    world.settle(20);
    expect(healthySlots(world, "s0")).toBe(6);
    const originals = world.runningOn("h0001").map(({ id }) => id);
    world.change("h0001", { state: "ready" });
    world.apply(world.decide().ops);
    expect(world.instances.filter(({ want }) => want === "drain").map(({ id }) => id)).toEqual(originals);
    world.settle(50);
    expect(world.instances).toHaveLength(6);
  });

  test("a lost host is waited for as long as its service says, and may keep what it had", () => {
    const disconnect = { replaceAfterMs: 60_000, reconcile: "original" } as const;
    const world = new World(
      [0, 1].map((n) => machine(n)),
      [service(0, { replicas: 2, disconnect })],
    );
    world.settle(20);
    world.change("h0001", { state: "lost", lostMs: 59_000 });
    expect(world.decide().ops).toEqual([]);
    world.change("h0001", { lostMs: 60_000 });
    world.settle(20);
    const replacement = world.runningOn("h0000").find(({ index }) => index === 1);
    world.change("h0001", { state: "ready" });
    expect(world.decide().ops).toMatchObject([{ kind: "drain", id: replacement?.id }]);
  });

  test("one on every host that takes it; numbers stay when hosts come and go", () => {
    const taints = [{ key: "gpu", effect: "NoSchedule" as const }];
    const world = new World(
      [machine(0), machine(1), machine(2, { taints })],
      [service(0, { perHost: true })],
    );
    world.settle(20);
    expect(world.instances.map(({ host, index }) => [host, index])).toEqual([
      ["h0000", 0],
      ["h0001", 1],
    ]);
    world.machines = [machine(1), machine(3)];
    world.instances = world.instances.filter(({ host }) => host !== "h0000");
    world.settle(20);
    expect(world.instances.map(({ host, index }) => [host, index])).toEqual([
      ["h0001", 1],
      ["h0003", 0],
    ]);
    expect(world.decide().wanted.get("s0")).toBe(2);
    world.services = [{ ...service(0, { perHost: true }), specRevision: 2 }];
    world.settle(20);
    expect(world.instances.map(({ host, revision }) => [host, revision])).toEqual([
      ["h0001", 2],
      ["h0003", 2],
    ]);
  });

  test("a service that is more important gets room, by the fewest of the least important, never of its equals", () => {
    const small = service(0, { replicas: 2 }, { priority: -5 });
    const equal = service(1, { replicas: 2 }, { priority: 10 });
    const world = new World([machine(0, { capacity: { cpu: 1.5, memory: gi } })], [small, equal]);
    world.settle(20);
    expect(world.instances).toHaveLength(4);
    world.services.push(service(2, { replicas: 1 }, { priority: 10 }));
    const ops = world.decide().ops.filter(({ kind }) => kind === "drain");
    expect(ops).toMatchObject([]);
    world.services[2] = service(2, { replicas: 1, request: { ...equal.request, service: "shop/s2" } }, {});
    expect(world.decide().ops).toMatchObject([
      { kind: "drain", service: "s0", reason: "makes room for s2-0, which has priority 10" },
      { kind: "drain", service: "s0" },
    ]);
    world.settle(20);
    expect(world.instances.filter(({ service: name }) => name === "s2")).toHaveLength(1);
    expect(world.decide().rejections.get("s0")).toHaveLength(2);
  });
});

test("room is not made of what somebody as important has to be near: all of it settles", () => {
  const near = [{ service: "s0", rule: "together", key: "zone", required: true }] as const;
  const world = new World(
    [machine(0)],
    [
      service(0, { replicas: 1 }, { priority: -1 }),
      service(1, { perHost: true }),
      service(2, { replicas: 5 }),
      service(3, { replicas: 2 }, { priority: 1, affinity: [...near] }),
    ],
  );
  world.settle(20);
  expect(healthySlots(world, "s0")).toBe(1);
  expect(healthySlots(world, "s3")).toBe(2);
});

const event = fc.record({
  kind: fc.constantFrom("lose", "return", "drain", "undrain", "join", "taint", "scale", "revise"),
  pick: fc.nat(),
});
const given = fc.record({
  hosts: fc.integer({ min: 1, max: 6 }),
  services: fc.array(
    fc.record({
      replicas: fc.integer({ min: 0, max: 6 }),
      perHost: fc.boolean(),
      strategy: fc.constantFrom("start-first" as const, "stop-first" as const),
      priority: fc.integer({ min: -1, max: 2 }),
      rules: fc.constantFrom<Partial<PlacementRules>>(
        {},
        { strategy: "binpack" },
        { spread: [{ key: "zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }] },
        { spread: [{ key: "zone", maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" }] },
        { affinity: [{ service: "s0", rule: "apart", key: "host.name", required: true }] },
        { affinity: [{ service: "s0", rule: "together", key: "zone", required: true }] },
        { constraints: [{ key: "zone", operator: "In", values: ["z0", "z1"] }] },
      ),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  events: fc.array(event, { maxLength: 8 }),
});

function happen(world: World, { kind, pick }: { kind: string; pick: number }): void {
  const target = world.machines[pick % world.machines.length]?.name ?? "";
  const at = pick % world.services.length;
  const wanted = world.services[at];
  const changes: Record<string, () => void> = {
    lose: () => world.change(target, { state: "lost", lostMs: 0 }),
    return: () => world.change(target, { state: "ready" }),
    drain: () => world.change(target, { availability: "draining" }),
    undrain: () => world.change(target, { availability: "active" }),
    taint: () => world.change(target, { taints: [{ key: "bad", effect: "NoExecute" }] }),
    join: () => void world.machines.push(machine(world.machines.length)),
    scale: () => wanted && world.services.splice(at, 1, { ...wanted, replicas: pick % 7 }),
    revise: () =>
      wanted && world.services.splice(at, 1, { ...wanted, specRevision: wanted.specRevision + 1 }),
  };
  changes[kind]?.();
}

describe("a fuzzed cluster", () => {
  test("settles whatever happens, never over capacity, with every slot filled or told why not", () => {
    fc.assert(
      fc.property(given, ({ hosts, services, events }) => {
        const world = new World(
          Array.from({ length: hosts }, (_, at) => machine(at)),
          services.map(({ priority, rules, ...policy }, at) => service(at, policy, { ...rules, priority })),
        );
        for (const next of [undefined, ...events]) {
          if (next) happen(world, next);
          world.settle(400, () => world.expectWithinCapacity());
          const { rejections, wanted } = world.decide();
          const lost = new Set(
            world.machines.filter(({ state }) => state === "lost").map(({ name }) => name),
          );
          for (const { uid, perHost } of world.services) {
            if (perHost) continue;
            const filled = new Set(
              world.instances
                .filter((one) => one.serviceUid === uid && one.want === "run" && !lost.has(one.host))
                .map(({ index }) => index),
            ).size;
            expect(filled + (rejections.get(uid)?.length ?? 0)).toBeGreaterThanOrEqual(wanted.get(uid) ?? 0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("decides the same in whatever order it is told of hosts, services and instances", () => {
    fc.assert(
      fc.property(given, ({ hosts, services }) => {
        const machines = Array.from({ length: hosts }, (_, at) => machine(at));
        const all = services.map(({ priority, rules, ...policy }, at) =>
          service(at, policy, { ...rules, priority }),
        );
        const world = new World(machines, all);
        world.apply(world.decide().ops);
        world.run();
        world.machines = [...machines.map((one) => ({ ...one })), machine(hosts)];
        const there = world.decide().ops;
        world.machines.reverse();
        world.services.reverse();
        world.instances.reverse();
        const back = world.decide().ops;
        const sorted = (ops: readonly Op[]) => ops.map((op) => JSON.stringify(op)).sort();
        expect(sorted(back)).toEqual(sorted(there));
      }),
      { numRuns: 100 },
    );
  });

  test("5,000 hosts and 15,000 instances: a tenth of the hosts die, and only what was there moves", () => {
    const machines = Array.from({ length: 5_000 }, (_, at) => machine(at));
    const services = Array.from({ length: 1_500 }, (_, at) =>
      service(at, { replicas: 10 }, at % 5 === 0 ? { strategy: "binpack" } : {}),
    );
    const world = new World(machines, services);
    expect(world.settle(6)).toBeLessThanOrEqual(5);
    expect(world.instances).toHaveLength(15_000);
    world.expectWithinCapacity();
    for (let at = 0; at < 5_000; at += 10) world.change(machine(at).name, { state: "lost", lostMs: 0 });
    const lost = new Set(world.machines.filter(({ state }) => state === "lost").map(({ name }) => name));
    const gone = world.instances.filter(({ host }) => lost.has(host)).length;
    const { ops } = world.decide();
    expect(ops.map(({ kind }) => kind)).toEqual(new Array(gone).fill("place"));
    world.settle(6);
    expect(world.decide().rejections.size).toBe(0);
    world.expectWithinCapacity();
  }, 60_000);
});
