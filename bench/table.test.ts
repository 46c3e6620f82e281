import { expect, test } from "@jest/globals";
import { formatTable } from "./table.ts";

test("formatTable lines up its columns", () => {
  const table = {
    title: "race (ms)",
    header: ["", "p50", "p99"],
    rows: [
      ["hare", "9.5", "10.0"],
      ["tortoise", "120.0", "121.5"],
    ],
    notes: ["Both ran twice."],
  };
  expect(formatTable(table)).toBe(
    [
      "race (ms)",
      "",
      "            p50    p99",
      "hare        9.5   10.0",
      "tortoise  120.0  121.5",
      "",
      "Both ran twice.",
      "",
    ].join("\n"),
  );
});
