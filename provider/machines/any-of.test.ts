import { expect, test } from "@jest/globals";
import { absentCode, ConstellationError } from "../../contract/index.ts";
import { anyOf } from "./any-of.ts";
import type { RemoteMachine } from "./machines.ts";

const away = (name: string) => new ConstellationError("unreachable", `connect to ${name}: no answer`);

/** A machine whose dials come to what is given, one after the other. */
function machine(name: string, ...outcomes: (Error | "never" | "answers")[]) {
  const asked: string[] = [];
  const dial = async () => {
    const outcome = outcomes[Math.min(asked.length, outcomes.length - 1)] ?? "answers";
    asked.push(name);
    if (outcome === "never") return await new Promise<never>(() => {});
    if (outcome instanceof Error) throw outcome;
    return name;
  };
  const holdsState = async () => (outcomes[0] instanceof Error ? await Promise.reject(outcomes[0]) : false);
  return { name, asked, address: { name, dial }, holdsState } as unknown as RemoteMachine & {
    asked: string[];
  };
}

test("who is dead is passed over, and not asked first again", async () => {
  const [dead, alive] = [machine("a", away("a")), machine("b")];
  const any = anyOf([dead, alive]);
  expect(await any.address.dial()).toBe("b");
  expect(await any.address.dial()).toBe("b");
  expect(dead.asked).toHaveLength(1);
});

test("who says nothing is not waited for", async () => {
  const [silent, alive] = [machine("a", "never"), machine("b")];
  expect(await anyOf([silent, alive]).address.dial()).toBe("b");
});

test("where nobody answers, each says why, but for those without an agent", async () => {
  const absent = Object.assign(new Error("no agent program"), { code: absentCode });
  const any = anyOf([machine("a", absent), machine("b", away("b")), machine("c", away("c"))]);
  await expect(any.address.dial()).rejects.toMatchObject({
    code: "unreachable",
    message: "connect to b: no answer; connect to c: no answer",
  });
  await expect(anyOf([machine("a", absent), machine("b", absent)]).address.dial()).rejects.toBe(absent);
});

test("a machine that cannot be asked may hold the state", async () => {
  await expect(anyOf([machine("a"), machine("b", away("b"))]).holdsState()).rejects.toThrow(/no answer/);
  expect(await anyOf([machine("a"), machine("b")]).holdsState()).toBe(false);
});
