import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { runSteps, type Step } from "./step.mjs";

let said: string;
beforeEach(() => {
  said = "";
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A step that is missing until it was made. */
function step(name: string, given: Partial<Step> = {}): Step & { made: number } {
  const result: Step & { made: number } = {
    name,
    made: 0,
    missing: () => (result.made > 0 ? undefined : "making it"),
    make: () => void result.made++,
    ...given,
  };
  return result;
}

test("does what is missing, in order, a line each; the second time nothing", () => {
  const steps = [step("first"), step("second")];
  expect(runSteps(steps, new Set())).toBe(true);
  expect(said).toMatch(/^first: making it \.\.\. \d+\.\d s\nsecond: making it \.\.\. \d+\.\d s\n$/);
  said = "";
  expect(runSteps(steps, new Set())).toBe(true);
  expect(said).toBe("");
  expect(steps.map(({ made }) => made)).toEqual([1, 1]);
});

test("stops at the first failure, and says why", () => {
  const broken = step("broken", {
    make: () => {
      throw new Error("no space left; free some");
    },
  });
  const after = step("after");
  expect(runSteps([broken, after], new Set())).toBe(false);
  expect(said).toBe("broken: making it ... failed\nset up broken: no space left; free some\n");
  expect(after.made).toBe(0);
});

test("leaves out what was not asked for", () => {
  const extra = step("extra", { only: ["test", "generate"] });
  runSteps([extra], new Set());
  expect(extra.made).toBe(0);
  runSteps([extra], new Set(["generate"]));
  expect(extra.made).toBe(1);
});
