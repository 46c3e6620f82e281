import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { ensureSysctls } from "./sysctls.ts";

const folder = mkdtempSync(join(tmpdir(), "cst-sysctls-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the value from before the first change is kept, whatever somebody sets later", () => {
  const values = new Map<string, string>([["net.ipv4.ip_forward", "0"]]);
  const kernel = {
    read: (name: string) => values.get(name) ?? "",
    write(name: string, value: string) {
      const before = values.get(name) ?? "";
      values.set(name, value);
      return before;
    },
  };
  const saved = () => JSON.parse(readFileSync(join(folder, "sysctls.json"), "utf8"));
  expect(ensureSysctls(folder, kernel)).toEqual([{ name: "net.ipv4.ip_forward", before: "0", after: "1" }]);
  expect([values.get("net.ipv4.ip_forward"), saved()]).toEqual(["1", { "net.ipv4.ip_forward": "0" }]);
  expect(ensureSysctls(folder, kernel)).toEqual([]);
  values.set("net.ipv4.ip_forward", "2");
  ensureSysctls(folder, kernel);
  expect([values.get("net.ipv4.ip_forward"), saved()]).toEqual(["1", { "net.ipv4.ip_forward": "0" }]);
});
