import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { hostNameOf, keepHostName } from "./host-name.ts";

test.each([
  ["Web_1.example.org\n", "web-1"],
  ["-a-", "a"],
  ["", "host"],
  [`${"x".repeat(62)}--y`, "x".repeat(62)],
])("%j is the host %s", (text, label) => expect(hostNameOf(text)).toBe(label));

test("a machine that is renamed stays the same host", () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-"));
  try {
    expect(keepHostName(join(folder, "lib"), "alpha.example.org")).toBe("alpha");
    expect(keepHostName(join(folder, "lib"), "beta")).toBe("alpha");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
