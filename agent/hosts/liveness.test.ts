import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type Hearing, livenessLimits } from "./liveness.ts";

const { atOnceMs, suspectMs, lostMs, confirmMs, firstMs } = livenessLimits;
const host = (name: string, silentMs: number, more: Partial<Hearing> = {}): Hearing => ({
  ...{ name, silentMs, wasHeard: true, isOneOfMany: false },
  state: silentMs >= suspectMs ? "suspect" : "ready",
  ...more,
});
const states = (hearings: readonly Hearing[], others = 1) =>
  [...decide(hearings, others).values()].map(({ state }) => state);
const quiet = ["b", "c", "d", "e"].map((name) => host(name, 0));

describe("one host of many", () => {
  test.each([
    [0, "ready"],
    [suspectMs - 1, "ready"],
    [suspectMs, "suspect"],
    [lostMs - 1, "suspect"],
    [lostMs, "lost"],
  ])("silent for %i ms is %s", (silentMs, state) => {
    expect(states([host("a", silentMs), ...quiet])[0]).toBe(state);
  });

  test("stays lost while it is silent, and is ready once it is heard", () => {
    expect(states([host("a", lostMs, { state: "lost" }), ...quiet])[0]).toBe("lost");
    expect(states([host("a", 0, { state: "lost" }), ...quiet])[0]).toBe("ready");
  });

  test("that was never heard gets longer", () => {
    const never = (silentMs: number) => states([host("a", silentMs, { wasHeard: false }), ...quiet])[0];
    expect([never(lostMs), never(firstMs)]).toEqual(["suspect", "lost"]);
  });
});

describe("half of the hosts silent at once", () => {
  test("are waited for: it may be us who are cut off", () => {
    const cut = (silentMs: number) => [host("a", silentMs), host("b", silentMs), host("c", 0)];
    expect(states(cut(lostMs))).toEqual(["suspect", "suspect", "ready"]);
    expect(states(cut(confirmMs))).toEqual(["lost", "lost", "ready"]);
  });

  test("are so though each was heard last a heartbeat and a moment before the next one", () => {
    expect(states([host("a", lostMs), host("b", atOnceMs), host("c", 0)])[0]).toBe("suspect");
    expect(states([host("a", lostMs), host("b", atOnceMs - 1), host("c", 0)])[0]).toBe("lost");
  });

  test("are waited for as long, though some of them are heard again before", () => {
    const [, b] = [...decide([host("a", suspectMs), host("b", suspectMs), host("c", 0)], 1).values()];
    expect(b).toEqual({ state: "suspect", isOneOfMany: true });
    const later = (silentMs: number) => states([host("a", 0), host("b", silentMs, b), host("c", 0)])[1];
    expect([later(lostMs), later(confirmMs)]).toEqual(["suspect", "lost"]);
    expect(decide([host("a", 0), host("b", 0, b), host("c", 0)], 1).get("b")?.isOneOfMany).toBe(false);
  });

  test("of two machines the other one is half", () => {
    expect(states([host("a", lostMs)])).toEqual(["suspect"]);
    expect(states([host("a", confirmMs)])).toEqual(["lost"]);
  });

  test("those lost before do not count: the next one is no reason to wait", () => {
    const gone = ["x", "y", "z"].map((name) => host(name, 60_000, { state: "lost" }));
    expect(states([...gone, host("a", lostMs), ...quiet])).toEqual([
      ...["lost", "lost", "lost", "lost"],
      ...["ready", "ready", "ready", "ready"],
    ]);
  });
});

test("nobody that is heard is ever suspect, and nobody is lost before it was suspect for a while", () => {
  const hearing = fc.record({
    name: fc.uuid(),
    silentMs: fc.nat(12_000),
    wasHeard: fc.boolean(),
    state: fc.constantFrom("ready" as const, "suspect" as const, "lost" as const),
    isOneOfMany: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(hearing, { selector: ({ name }) => name }), (hearings) => {
      const decided = decide(hearings, 1);
      for (const { name, silentMs, wasHeard, state } of hearings) {
        if (wasHeard && silentMs < suspectMs) expect(decided.get(name)?.state).toBe("ready");
        if (state !== "lost" && silentMs < lostMs) expect(decided.get(name)?.state).not.toBe("lost");
      }
    }),
  );
});
