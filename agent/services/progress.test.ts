import { expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { createProgress } from "./progress.ts";

const instance = (more: Partial<Instance> = {}) =>
  ({ id: "web-0-1", state: "pulling", since: "1", reason: "making its image ready", ...more }) as Instance;
const reasons = (progress: ReturnType<typeof createProgress>, more: Partial<Instance>) =>
  progress.upon([instance(more)]).map(({ reason }) => reason);

test("the last word stands for the reason while that pull goes on, and no longer", () => {
  const progress = createProgress();
  progress.note(instance(), "1.0 of 2.0 MB");
  progress.note(instance(), "1.5 of 2.0 MB");
  expect(reasons(progress, {})).toEqual(["1.5 of 2.0 MB"]);
  expect(reasons(progress, { id: "web-1-1" })).toEqual(["making its image ready"]);
  expect(reasons(progress, { state: "backoff", reason: "denied" })).toEqual(["denied"]);
  expect(reasons(progress, { since: "2" })).toEqual(["making its image ready"]);
});

test("what nobody asks for again does not pile up", () => {
  const progress = createProgress();
  for (let index = 0; index < 5_000; index++) progress.note(instance({ id: `${index}` }), "0 of 1 MB");
  expect(reasons(progress, { id: "0" })).toEqual(["making its image ready"]);
  expect(reasons(progress, { id: "4999" })).toEqual(["0 of 1 MB"]);
});
