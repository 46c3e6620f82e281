import { expect, test } from "@jest/globals";
import { createRulesGate } from "./rules-gate.ts";

test("a start waits for rules, and for those that say what it needs", async () => {
  const gate = createRulesGate();
  const { signal } = new AbortController();
  const passed: string[] = [];
  const enter = (address: string, isReader: boolean) =>
    gate
      .until(({ metadataReaders }) => metadataReaders.has(address) === isReader, signal)
      .then(() => void passed.push(`${address} ${isReader}`));
  const open = (...readers: string[]) =>
    gate.open({ metadataReaders: new Set(readers), instances: new Set() });
  const entering = [enter("10.64.0.2", false), enter("10.64.0.3", true), enter("10.64.0.4", false)];
  await Promise.resolve();
  expect(passed).toEqual([]);
  open("10.64.0.4");
  await entering[0];
  expect(passed).toEqual(["10.64.0.2 false"]);
  open("10.64.0.3");
  await Promise.all(entering);
  expect(passed.toSorted()).toEqual(["10.64.0.2 false", "10.64.0.3 true", "10.64.0.4 false"]);
  await enter("10.64.0.3", true);
});
