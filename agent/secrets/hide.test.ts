import { expect, test } from "@jest/globals";
import { createHiding } from "./hide.ts";

test("hides whole secrets, the longest first, each line of one, and leaves short texts alone", () => {
  const hide = createHiding(["hunter", "hunter22", "abc", "first line\nsecond line\n", ""]);
  expect(hide("hunter22 and hunter, abc")).toBe("[secret] and [secret], abc");
  expect(hide("> second line <")).toBe("> [secret] <");
  expect(createHiding([])("as it is")).toBe("as it is");
});
