import { expect, test } from "@jest/globals";
import { createMetadataGate } from "./metadata-gate.ts";

test("a start waits for rules, and for those that agree with what it may", async () => {
  const gate = createMetadataGate();
  const { signal } = new AbortController();
  const passed: string[] = [];
  const enter = (address: string, isReader: boolean) =>
    gate.agrees(address, isReader, signal).then(() => void passed.push(`${address} ${isReader}`));
  const entering = [enter("10.64.0.2", false), enter("10.64.0.3", true), enter("10.64.0.4", false)];
  await Promise.resolve();
  expect(passed).toEqual([]);
  gate.open(["10.64.0.4"]);
  await entering[0];
  expect(passed).toEqual(["10.64.0.2 false"]);
  gate.open(["10.64.0.3"]);
  await Promise.all(entering);
  expect(passed.toSorted()).toEqual(["10.64.0.2 false", "10.64.0.3 true", "10.64.0.4 false"]);
  await gate.agrees("10.64.0.3", true, signal);
});
