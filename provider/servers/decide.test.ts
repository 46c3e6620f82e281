import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide } from "./decide.ts";
import type { Op, SeenServer, View, WantedServer } from "./types.ts";

const voter = (name: string, more: Partial<SeenServer> = {}): SeenServer => ({
  ...{ name, role: "voter", isHealthy: true, isLeader: false },
  ...more,
});
const wanted = (names: string, blank = ""): WantedServer[] =>
  [...names].map((name) => ({ name, machine: blank.includes(name) ? "blank" : "serving" }));

test.each<[string, View, Partial<Op> | undefined]>([
  ["nothing", { wanted: wanted("abc"), seen: [..."abc"].map((n) => voter(n)) }, undefined],
  ["one to three", { wanted: wanted("abc", "bc"), seen: [voter("a")] }, { kind: "join", name: "b" }],
  [
    "a learner is waited for before the next one comes",
    { wanted: wanted("abc", "c"), seen: [voter("a"), voter("b", { role: "learner" })] },
    { kind: "await", name: "b" },
  ],
  [
    "five to three: the leader last",
    {
      wanted: wanted("abc"),
      seen: [..."abcd"]
        .map((n) => voter(n))
        .concat(voter("e"))
        .map((s) => ({ ...s, isLeader: s.name === "d" })),
    },
    { kind: "remove", name: "e" },
  ],
  [
    "a dead one that was replaced by another goes first",
    { wanted: wanted("abd", "d"), seen: [voter("a"), voter("b"), voter("c", { isHealthy: false })] },
    { kind: "remove", name: "c" },
  ],
  [
    "a machine of the same name that is new",
    { wanted: wanted("abc", "c"), seen: [voter("a"), voter("b"), voter("c", { isHealthy: false })] },
    { kind: "remove", name: "c" },
  ],
  [
    "one that lives is replaced without being missed",
    { wanted: wanted("abd", "d"), seen: [..."abc"].map((n) => voter(n)) },
    { kind: "join", name: "d" },
  ],
  [
    "of five, one that is to be replaced makes room",
    { wanted: wanted("abcdf", "f"), seen: [..."abcde"].map((n) => voter(n)) },
    { kind: "remove", name: "e" },
  ],
  [
    "one that is away is waited for by nobody",
    { wanted: [...wanted("ab"), { name: "c", machine: "away" }], seen: [..."ab"].map((n) => voter(n)) },
    undefined,
  ],
  [
    "no removal that takes the majority",
    { wanted: wanted("ab"), seen: [voter("a"), voter("b", { isHealthy: false }), voter("c")] },
    { kind: "blocked" },
  ],
])("%s", (_, view, op) => {
  const found = decide(view);
  if (op === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(op);
});

/** What becomes of the servers by a step; one that fails may have been done or not. */
function after(op: Op, view: View): View {
  const others = view.seen.filter(({ name }) => op.kind === "blocked" || name !== op.name);
  const machine = (kind: WantedServer["machine"]) =>
    view.wanted.map((one) =>
      op.kind !== "blocked" && one.name === op.name ? { ...one, machine: kind } : one,
    );
  switch (op.kind) {
    case "join":
      return { wanted: machine("serving"), seen: [...others, voter(op.name, { role: "learner" })] };
    case "await":
      return { ...view, seen: [...others, voter(op.name)] };
    case "remove":
      return { wanted: machine("blank"), seen: others };
    case "blocked":
      return view;
  }
}

const names = fc.subarray([..."abcdefg"], { minLength: 1, maxLength: 5 });
const views = fc
  .record({ wanted: names, seen: names, dead: fc.nat({ max: 2 }), leader: fc.nat(), blank: names })
  .map(({ wanted, seen, dead, leader, blank }): View => {
    const lost = Math.min(dead, Math.floor((seen.length - 1) / 2));
    return {
      seen: seen.map((name, at) =>
        voter(name, { isHealthy: at >= lost, isLeader: at === leader % seen.length }),
      ),
      wanted: wanted.map((name) => {
        const at = seen.indexOf(name);
        const isBlank = at < 0 || (at < lost && blank.includes(name));
        return { name, machine: isBlank ? "blank" : "serving" };
      }),
    };
  });

function healthOf({ seen }: View) {
  const voters = seen.filter(({ role }) => role === "voter");
  return { voters: voters.length, healthy: voters.filter(({ isHealthy }) => isHealthy).length };
}

test("whatever steps fail, it ends as wanted, and those that answer are a majority all along", () => {
  fc.assert(
    fc.property(views, fc.infiniteStream(fc.boolean()), (start, luck) => {
      let view = start;
      for (let step = 0; step < 100; step++) {
        const op = decide(view);
        if (op?.kind === "blocked") break;
        if (op === undefined) {
          const missing = view.wanted.filter(({ name }) => !view.seen.some((one) => one.name === name));
          expect(missing).toEqual([]);
          expect(view.seen).toHaveLength(view.wanted.length);
          return;
        }
        const { value: isDone } = luck.next();
        if (isDone) view = after(op, view);
        const { voters, healthy } = healthOf(view);
        expect(healthy).toBeGreaterThan(voters / 2);
        expect(view.seen.length).toBeLessThanOrEqual(5);
      }
      // Blocked: only where a wanted server is silent, and somebody has to start it.
      const silent = view.seen.filter(({ isHealthy }) => !isHealthy).map(({ name }) => name);
      expect(view.wanted.some(({ name }) => silent.includes(name))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
