import { expect, test } from "@jest/globals";
import { createTurns } from "./turns.ts";
import type { Call, Operations, Stored } from "./types.ts";

const stored: Stored = { id: "web", inputs: { value: {}, secretPaths: new Set() }, outputs: {} };

/** Creates that end when they are told to. */
function slowly() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const create: Operations["create"] = async (_inputs, { urn }) => {
    begun.push(urn);
    await new Promise<void>((resolve) => ends.set(urn, resolve));
    return stored;
  };
  return { begun, operations: { create } as Operations, end: (urn: string) => ends.get(urn)?.() };
}

function callOf(urn: string, signal = new AbortController().signal) {
  const said: string[] = [];
  const call: Call = {
    ...{ urn, signal, timed: false, made: new Set<string>() },
    progress: (message) => void said.push(message),
    warn: () => {},
    info: () => {},
  };
  return { call, said };
}

test("no more than the limit go on at once, the others in the order they came", async () => {
  const { begun, operations, end } = slowly();
  const turns = createTurns(2)(operations);
  const calls = ["a", "b", "c", "d"].map((urn) => callOf(urn));
  const created = calls.map(({ call }) => turns.create(stored.inputs, call));
  expect(begun).toEqual(["a", "b"]);
  expect(calls[2]?.said).toEqual(["waiting for its turn: 2 changes are under way"]);
  end("b");
  await created[1];
  await Promise.resolve();
  expect(begun).toEqual(["a", "b", "c"]);
  end("a");
  await created[0];
  await Promise.resolve();
  for (const urn of ["c", "d"]) end(urn);
  await Promise.all(created);
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

test("who is cancelled while waiting never begins, and holds nobody up", async () => {
  const { begun, operations, end } = slowly();
  const turns = createTurns(1)(operations);
  const cancel = new AbortController();
  const first = turns.create(stored.inputs, callOf("a").call);
  const second = turns.create(stored.inputs, callOf("b", cancel.signal).call);
  const third = turns.create(stored.inputs, callOf("c").call);
  cancel.abort();
  await expect(second).rejects.toMatchObject({ code: "cancelled" });
  end("a");
  await first;
  await Promise.resolve();
  end("c");
  await third;
  expect(begun).toEqual(["a", "c"]);
});
