import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { comparePaths, formatPath, isWithin, parsePath, touches } from "./paths.ts";

const segments = fc.array(fc.oneof(fc.nat(1_000), fc.string({ minLength: 1 })), { maxLength: 5 });

describe("paths", () => {
  test.each([
    [["ports", 0, "publish"], "ports[0].publish"],
    [["env", "FOO"], "env.FOO"],
    [["files", "conf.d/a.conf"], 'files["conf.d/a.conf"]'],
    [["labels", 'a"b'], 'labels["a\\"b"]'],
    [[], ""],
  ])("%j is written %s", (parts, text) => {
    expect(formatPath(parts)).toBe(text);
    expect(parsePath(text)).toEqual(parts);
  });

  test("parsing undoes formatting", () => {
    fc.assert(fc.property(segments, (parts) => expect(parsePath(formatPath(parts))).toEqual(parts)));
  });

  test("any text parses", () => {
    fc.assert(fc.property(fc.string(), (text) => expect(Array.isArray(parsePath(text))).toBe(true)));
  });

  test.each([
    ["ports[0].publish", "ports[0]", true],
    ["ports[0]", "ports", true],
    ["portsmouth", "ports", false],
    ["ports[10]", "ports[1]", false],
    ["image", "", true],
  ])("%s within %s: %s", (path, ancestor, answer) => {
    expect(isWithin(path, ancestor)).toBe(answer);
    expect(touches(ancestor, path)).toBe(answer);
  });

  test("list positions are ordered as numbers, ancestors first", () => {
    const shuffled = ["ports[10]", "ports[2].port", "image", "ports[2]", "env.B", "env.A", "ports"];
    expect(shuffled.sort(comparePaths)).toEqual([
      "env.A",
      "env.B",
      "image",
      "ports",
      "ports[2]",
      "ports[2].port",
      "ports[10]",
    ]);
  });
});
