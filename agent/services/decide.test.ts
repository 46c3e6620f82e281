import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Machine, requestOf } from "../scheduler/index.ts";
import { decide } from "./decide.ts";
import type { Op, PlacedInstance, View, WantedService } from "./types.ts";

const host: Machine = {
  ...{
    name: "vm",
    state: "ready",
    availability: "active",
    facts: {},
    taints: [],
    ulimitCeilings: {},
    missingCapabilities: [],
    fences: true,
  },
  capacity: { cpu: 64, memory: 64 * 2 ** 30 },
  systemReserved: { cpu: 0.1, memory: 256 * 2 ** 20 },
};
const request = requestOf({ namespace: "shop", name: "web" }, { resources: { memory: "4Mi" } });
const service: WantedService = {
  uid: "u1",
  namespace: "shop",
  name: "web",
  replicas: 2,
  perHost: false,
  strategy: "start-first",
  maxSurge: 1,
  maxUnavailable: 1,
  specRevision: 1,
  request,
  disconnect: { replaceAfterMs: 0, reconcile: "replacement" },
};
const instance = (
  index: number,
  revision: number,
  healthy: boolean,
  more: Partial<PlacedInstance> = {},
): PlacedInstance => ({
  id: `web-${index}-${revision}`,
  serviceUid: "u1",
  namespace: "shop",
  service: "web",
  index,
  host: "vm",
  revision,
  want: "run",
  present: true,
  healthy,
  ...{ isMoving: false, at: "2026-01-01T00:00:00.000Z", request },
  ...more,
});
const view = (instances: readonly PlacedInstance[], wanted: Partial<WantedService> = {}): View => ({
  services: [{ ...service, ...wanted }],
  instances,
  machines: [host],
});
const told = (ops: readonly Op[]) => ops.map((op) => `${op.kind} ${op.slot}`);

describe("decide", () => {
  test.each([
    ["missing slots are placed", view([]), ["place web-0", "place web-1"]],
    ["a wanted state needs nothing", view([instance(0, 1, true), instance(1, 1, true)]), []],
    [
      "surplus goes",
      view([instance(0, 1, true), instance(1, 1, true), instance(2, 1, true)]),
      ["drain web-2"],
    ],
    [
      "unhealthy surplus goes first, healthy surplus waits while the others are not healthy",
      view([instance(0, 1, false), instance(1, 1, false), instance(2, 1, true), instance(3, 1, false)]),
      ["drain web-3"],
    ],
    [
      "start-first: a successor comes beside the first old one",
      view([instance(0, 1, true), instance(1, 1, true)], { specRevision: 2 }),
      ["place web-0"],
    ],
    [
      "start-first: the old one goes once its successor is healthy, and the next slot follows",
      view([instance(0, 1, true), instance(0, 2, true), instance(1, 1, true)], { specRevision: 2 }),
      ["drain web-0", "place web-1"],
    ],
    [
      "start-first: a successor that is not healthy holds everything up",
      view([instance(0, 1, true), instance(0, 2, false), instance(1, 1, true)], { specRevision: 2 }),
      [],
    ],
    [
      "start-first: of two older ones the healthy one stays",
      view([instance(0, 1, true), instance(0, 2, false), instance(1, 1, true)], { specRevision: 3 }),
      ["drain web-0", "place web-0"],
    ],
    [
      "stop-first: one old one goes, and its successor waits until it is gone",
      view([instance(0, 1, true), instance(1, 1, true)], { specRevision: 2, strategy: "stop-first" }),
      ["drain web-0"],
    ],
    [
      "stop-first: nothing of the old one is left",
      view([instance(1, 1, true)], { specRevision: 2, strategy: "stop-first" }),
      ["place web-0"],
    ],
    [
      "stop-first: still stopping",
      view([instance(0, 1, false, { want: "drain" }), instance(1, 1, true)], {
        specRevision: 2,
        strategy: "stop-first",
      }),
      [],
    ],
    [
      "a deleted service's instances go, and what is gone is forgotten",
      {
        services: [],
        instances: [instance(0, 1, true), instance(1, 1, false, { want: "drain", present: false })],
        machines: [host],
      },
      ["forget web-1", "drain web-0"],
    ],
  ] as const)("%s", (_, given, ops) => {
    expect(told(decide(given as View).ops)).toEqual(ops);
  });

  test("a slot that no host takes is rejected with each host's reason", () => {
    const wanted = { request: { ...request, memory: 2 ** 40 }, replicas: 1 };
    const { ops, rejections } = decide(view([], wanted));
    expect(ops).toEqual([]);
    expect(rejections.get("u1")).toEqual([
      { slot: "web-0", message: "1 host: vm lacks 1Ti of memory (63.8Gi free)" },
    ]);
  });
});

/** A host that does what it is told, with starts and stops that take any number of steps. */
class World {
  instances: PlacedInstance[] = [];
  #serial = 0;

  apply(ops: readonly Op[]): void {
    for (const op of ops) {
      if (op.kind === "place") {
        const { uid, index, revision, namespace, service: name } = op;
        const id = `${op.slot}-${++this.#serial}`;
        const about = { id, serviceUid: uid, namespace, service: name, index, host: op.host, revision };
        const fresh = { isMoving: false, present: false, healthy: false };
        this.instances.push({ ...about, ...fresh, want: "run", at: String(this.#serial), request });
      } else if (op.kind === "drain") {
        this.instances = this.instances.map((one) => (one.id === op.id ? { ...one, want: "drain" } : one));
      } else {
        this.instances = this.instances.filter(({ id }) => id !== op.id);
      }
    }
  }

  /** One instance moves on: one to run is seen, then healthy (unless its revision is broken); one to stop goes. */
  step(at: number, broken: ReadonlySet<number>): void {
    const chosen = this.instances[at % Math.max(1, this.instances.length)];
    this.instances = this.instances.map((one) => (one === chosen ? moved(one, broken) : one));
  }
}

function moved(one: PlacedInstance, broken: ReadonlySet<number>): PlacedInstance {
  if (one.want === "drain") return { ...one, present: false, healthy: false };
  return one.present ? { ...one, healthy: !broken.has(one.revision) } : { ...one, present: true };
}

const rollout = fc.record({
  replicas: fc.integer({ min: 1, max: 6 }),
  strategy: fc.constantFrom("start-first" as const, "stop-first" as const),
  maxSurge: fc.integer({ min: 1, max: 3 }),
  maxUnavailable: fc.integer({ min: 1, max: 3 }),
});
const steps = fc.array(fc.nat({ max: 50 }), { maxLength: 60 });

const healthySlots = (instances: readonly PlacedInstance[], replicas: number) =>
  new Set(
    instances
      .filter((one) => one.want === "run" && one.healthy && one.index < replicas)
      .map(({ index }) => index),
  ).size;

/** Runs to a state in which nothing is decided any more; how often it moves is bounded. */
function settle(world: World, wanted: WantedService, broken: ReadonlySet<number> = new Set()): void {
  for (let round = 0; round < 500; round++) {
    const { ops } = decide({ services: [wanted], instances: world.instances, machines: [host] });
    world.apply(ops);
    const before = JSON.stringify(world.instances);
    for (let at = 0; at < world.instances.length; at++) world.step(at, broken);
    if (ops.length === 0 && before === JSON.stringify(world.instances)) return;
  }
  throw new Error("it does not settle");
}

describe("properties", () => {
  test("from any number of replicas and revisions it converges to every slot healthy in the newest", () => {
    fc.assert(
      fc.property(rollout, fc.integer({ min: 0, max: 6 }), steps, (policy, nextReplicas, moves) => {
        const world = new World();
        const first = { ...service, ...policy };
        for (const move of moves) {
          world.apply(decide({ services: [first], instances: world.instances, machines: [host] }).ops);
          world.step(move, new Set());
        }
        const next = { ...first, replicas: nextReplicas, specRevision: 2 };
        settle(world, next);
        expect(
          world.instances
            .map(({ index, revision, healthy }) => ({ index, revision, healthy }))
            .sort((a, b) => a.index - b.index),
        ).toEqual(
          Array.from({ length: nextReplicas }, (_, index) => ({ index, revision: 2, healthy: true })),
        );
      }),
    );
  });

  test("a rollout never has fewer healthy slots, nor more instances at once, than its policy allows", () => {
    fc.assert(
      fc.property(rollout, steps, fc.boolean(), (policy, moves, isBroken) => {
        const world = new World();
        const broken = new Set(isBroken ? [2] : []);
        settle(world, { ...service, ...policy });
        const wanted = { ...service, ...policy, specRevision: 2 };
        const least =
          policy.strategy === "start-first" ? policy.replicas : policy.replicas - policy.maxUnavailable;
        const most = policy.replicas + (policy.strategy === "start-first" ? policy.maxSurge : 0);
        for (const move of moves) {
          world.apply(decide({ services: [wanted], instances: world.instances, machines: [host] }).ops);
          expect(healthySlots(world.instances, policy.replicas)).toBeGreaterThanOrEqual(least);
          expect(world.instances.filter(({ want }) => want === "run").length).toBeLessThanOrEqual(most);
          world.step(move, broken);
        }
        settle(world, wanted, broken);
        if (isBroken) expect(healthySlots(world.instances, policy.replicas)).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  test("stop-first never runs two instances of one slot", () => {
    fc.assert(
      fc.property(rollout, steps, (policy, moves) => {
        const world = new World();
        const first = { ...service, ...policy, strategy: "stop-first" as const };
        settle(world, first);
        for (const move of moves) {
          world.apply(
            decide({
              services: [{ ...first, specRevision: 2 }],
              instances: world.instances,
              machines: [host],
            }).ops,
          );
          const slots = world.instances.map(({ index }) => index);
          expect(new Set(slots).size).toBe(slots.length);
          world.step(move, new Set());
        }
      }),
    );
  });

  test("deterministic, and independent of the order of what it is given", () => {
    fc.assert(
      fc.property(rollout, steps, (policy, moves) => {
        const world = new World();
        const wanted = { ...service, ...policy };
        for (const [at, move] of moves.entries()) {
          const services = [at > moves.length / 2 ? { ...wanted, specRevision: 2 } : wanted];
          const { ops } = decide({ services, instances: world.instances, machines: [host] });
          const { ops: reversed } = decide({
            services,
            instances: [...world.instances].reverse(),
            machines: [host],
          });
          expect(new Set(reversed.map((op) => JSON.stringify(op)))).toEqual(
            new Set(ops.map((op) => JSON.stringify(op))),
          );
          world.apply(ops);
          world.step(move, new Set());
        }
      }),
    );
  });

  test("what was carried out is not decided again", () => {
    fc.assert(
      fc.property(rollout, steps, (policy, moves) => {
        const world = new World();
        for (const move of moves) {
          const wanted = {
            ...service,
            ...policy,
            strategy: "start-first" as const,
            specRevision: 1 + (move % 3),
          };
          world.apply(decide({ services: [wanted], instances: world.instances, machines: [host] }).ops);
          const again = decide({ services: [wanted], instances: world.instances, machines: [host] }).ops;
          expect(again.filter(({ kind }) => kind === "place")).toEqual([]);
          world.step(move, new Set());
        }
      }),
    );
  });
});

describe("an exclusive instance on a lost host", () => {
  const lost: Machine = { ...host, name: "gone", state: "lost", lostMs: 5_000 };
  const alone = { replicas: 1, strategy: "stop-first" as const };
  const on = (remainingMs: number, isFenced: boolean, more: Partial<PlacedInstance> = {}) =>
    instance(0, 1, false, { host: "gone", exclusive: { remainingMs, isFenced }, ...more });
  const decided = (one: PlacedInstance, wanted: Partial<WantedService> = {}) =>
    told(decide({ ...view([one], { ...alone, ...wanted }), machines: [host, lost] }).ops);

  test.each<[string, PlacedInstance, string[]]>([
    ["is given up first", on(9_000, false), ["fence web-0"]],
    ["also where it was to go anyway", on(9_000, false, { want: "drain" }), ["fence web-0"]],
    ["has no successor while it may run", on(9_000, true, { want: "drain" }), []],
    [
      "is forgotten once it cannot, and has its successor",
      on(0, true, { want: "drain", present: false }),
      ["forget web-0", "place web-0"],
    ],
  ])("%s", (_, one, ops) => expect(decided(one)).toEqual(ops));

  test("waits for `replaceAfter` as any other", () => {
    expect(
      decided(on(9_000, false), { disconnect: { replaceAfterMs: 60_000, reconcile: "original" } }),
    ).toEqual([]);
  });

  test("has its successor at once where its host reports that nothing of it is left", () => {
    expect(decided(on(9_000, false, { host: "vm", want: "drain", present: false }))).toEqual([
      "forget web-0",
    ]);
    expect(told(decide(view([], alone)).ops)).toEqual(["place web-0"]);
  });

  test("is why its successor is placed", () => {
    const given = view([on(0, true, { want: "drain", present: false })], alone);
    const [, placed] = decide({ ...given, machines: [host, lost] }).ops;
    expect(placed).toMatchObject({ kind: "place", host: "vm", reason: "gone is lost" });
  });

  test("keeps a new service of its name waiting, too", () => {
    const orphan = on(9_000, true, { want: "drain", serviceUid: "u0" });
    expect(decided(orphan)).toEqual([]);
  });
});

describe("on a host with a full disk", () => {
  const full: Machine = { ...host, name: "full", isDiskFull: true };
  const on = (healthy: boolean, more: Partial<PlacedInstance> = {}) =>
    instance(0, 1, healthy, { host: "full", ...more });
  const decided = (one: PlacedInstance | undefined, machines: readonly Machine[] = [host, full]) =>
    decide({ ...view(one ? [one] : [], { replicas: 1 }), machines });

  test("nothing new is placed, and the reason is given", () => {
    expect(decided(undefined).ops).toMatchObject([{ kind: "place", host: "vm" }]);
    const { rejections } = decided(undefined, [full]);
    expect(rejections.get("u1")?.[0]?.message).toBe("1 host: full has a full disk");
  });

  test("what serves goes on, and what does not gets a successor elsewhere", () => {
    expect(decided(on(true)).ops).toEqual([]);
    const place = { kind: "place", host: "vm", reason: "full has a full disk" };
    expect(decided(on(false, { present: false })).ops).toMatchObject([place]);
    expect(decided(on(false), [{ ...full, state: "suspect" }, host]).ops).toEqual([]);
  });

  test("what has nowhere else to go stays", () => {
    expect(decided(on(false), [full]).ops).toEqual([]);
  });
});
