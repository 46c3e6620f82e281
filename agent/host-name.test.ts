import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hostNameOf, keepHostName } from "./host-name.ts";

test.each([
  ["Web_1.example.org\n", "web-1"],
  ["-a-", "a"],
  ["", "host"],
  [`${"x".repeat(62)}--y`, "x".repeat(62)],
])("%j is the host %s", (text, label) => expect(hostNameOf(text)).toBe(label));

describe("the kept name", () => {
  let folder: string;
  let told: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cst-"));
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const keep = (machineName: string, recorded: string[] = []) =>
    keepHostName(folder, {
      machineName,
      recorded: async () => recorded,
      onUnreadable: (file) => told.push(file),
    });

  test("is the machine's at first, and stays when that is renamed", async () => {
    expect(await keep("alpha.example.org")).toBe("alpha");
    expect(await keep("beta", ["beta"])).toBe("alpha");
    expect(told).toEqual([]);
  });

  test.each(["", "\0\xff no name"])("that is %j is set aside: the only host recorded it is", async (text) => {
    writeFileSync(join(folder, "host-name"), text);
    expect(await keep("renamed", ["alpha"])).toBe("alpha");
    expect(told).toEqual([join(folder, "host-name.unreadable")]);
    expect(await keep("renamed")).toBe("alpha");
  });

  test("that is gone is the machine's own where that is one of many, else nobody's guess", async () => {
    expect(await keep("beta", ["alpha", "beta"])).toBe("beta");
    rmSync(join(folder, "host-name"));
    await expect(keep("renamed", ["alpha", "beta"])).rejects.toThrow(
      `read ${folder}/host-name: it holds no host's name; write this machine's into it, which is one of alpha, beta`,
    );
    expect(existsSync(join(folder, "host-name"))).toBe(false);
  });
});
