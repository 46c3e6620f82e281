import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

test("a machine that is renamed stays the same host; a name that cannot be read is set aside", () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-"));
  try {
    const told: string[] = [];
    const keep = (machine: string) => keepHostName(folder, (file) => told.push(file), machine);
    expect(keep("alpha.example.org")).toBe("alpha");
    expect(keep("beta")).toBe("alpha");
    expect(told).toEqual([]);
    for (const text of ["", "\0\xff no name"]) {
      writeFileSync(join(folder, "host-name"), text);
      expect(keep("alpha")).toBe("alpha");
      expect(told.pop()).toBe(join(folder, "host-name.unreadable"));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
