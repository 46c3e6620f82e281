import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  age,
  localTime,
  paletteOf,
  printable,
  shortBytes,
  shortDuration,
  shortImage,
  sizeOf,
  table,
  tree,
  wantsColours,
} from "./index.ts";

describe("durations", () => {
  test.each([
    [0, "0s"],
    [999, "0s"],
    [59_000, "59s"],
    [60_000, "1m"],
    [192_000, "3m12s"],
    [720_000, "12m"],
    [3_660_000, "1h1m"],
    [36_000_000, "10h"],
    [90_000_000, "1d1h"],
    [900_000_000, "10d"],
    [-5_000, "0s"],
  ])("%d ms is %s", (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });

  test("an age needs a time", () => {
    expect(age("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:05Z"))).toBe("5s");
    expect(age(undefined, 0)).toBe("");
    expect(age("soon", 0)).toBe("");
  });
});

test.each([
  [0, "0B"],
  [512, "512B"],
  [999, "999B"],
  [1_000, "1Ki"],
  [128 * 2 ** 20, "128Mi"],
  [3.8 * 2 ** 30, "3.8Gi"],
  [64 * 2 ** 30, "64Gi"],
])("%d bytes are %s", (bytes, text) => {
  expect(shortBytes(bytes)).toBe(text);
});

test("a time is shown in the reader's zone, and as it is when it is none", () => {
  const at = "2026-11-03T07:08:09Z";
  expect(localTime(at)).toMatch(/^2026-11-0[234] \d\d:\d8:09$/);
  expect(localTime("later")).toBe("later");
});

test("a digest is cut, a tag is not", () => {
  expect(shortImage(`a/b@sha256:${"0123456789ab".repeat(6).slice(0, 64)}`)).toBe("a/b@sha256:0123456789ab");
  expect(shortImage("oci:images:web")).toBe("oci:images:web");
});

test.each([
  [
    { isTTY: true, columns: 80, rows: 24 },
    { columns: 80, rows: 24 },
  ],
  [{ isTTY: true, columns: 0, rows: 0 }, undefined],
  [{ isTTY: false, columns: 80, rows: 24 }, undefined],
])("%j has the size %j", (stream, size) => {
  expect(sizeOf(stream)).toEqual(size);
});

describe("colours", () => {
  const terminal = { allowed: true, env: {}, isTerminal: true };
  test.each([
    [terminal, true],
    [{ ...terminal, isTerminal: false }, false],
    [{ ...terminal, env: { NO_COLOR: "1" } }, false],
    [{ ...terminal, env: { NO_COLOR: "" } }, true],
    [{ ...terminal, env: { TERM: "dumb" } }, false],
    [{ ...terminal, isTerminal: false, env: { FORCE_COLOR: "1" } }, true],
    [{ ...terminal, env: { FORCE_COLOR: "1", NO_COLOR: "1" } }, false],
    [{ ...terminal, allowed: false, env: { FORCE_COLOR: "1" } }, false],
  ])("%j: %s", (from, wanted) => {
    expect(wantsColours(from)).toBe(wanted);
  });

  test("none are written where none are wanted", () => {
    expect(paletteOf(false).bad("x")).toBe("x");
    expect(paletteOf(true).bad("x")).toBe("\u001b[31mx\u001b[39m");
  });
});

test("what others wrote cannot move the cursor", () => {
  expect(printable("a\u001b[2Jb\nc\u009bd\u0000")).toBe("a\\x1b[2Jb\\nc\\x9bd\\x00");
});

describe("tables", () => {
  const columns = [
    { title: "NAME", text: (row: string[]) => row[0] ?? "" },
    { title: "NOTE", text: (row: string[]) => row[1] ?? "", optional: true },
    { title: "END", text: (row: string[]) => row[2] ?? "" },
  ];

  test("align columns, leave out empty ones and mark empty cells", () => {
    const rows = [
      ["long-name", "", "x"],
      ["b", "", ""],
    ];
    expect(table(columns, rows)).toEqual(["NAME       END", "long-name  x", "b          -"]);
    expect(table(columns, [["a", "why", "z"]], { indent: "  " })).toEqual([
      "  NAME  NOTE  END",
      "  a     why   z",
    ]);
  });

  test("colour does not move a column", () => {
    const painted = [
      { ...columns[0], title: "NAME", text: () => "a", paint: (text: string) => `<${text}>` },
      columns[2],
    ];
    expect(table(painted as typeof columns, [["a", "", "x"]])[1]).toBe("<a   >  x");
  });

  test("never exceed the width, nor change with it where there is room", () => {
    const cell = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.integer({ min: 1, max: 90 }), (rows, width) => {
        const lines = table(columns, rows, { width });
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
        expect(
          lines.every(
            (line, at) =>
              (table(columns, rows)[at]?.length ?? 0) > width || line === table(columns, rows)[at],
          ),
        ).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

test("a tree reads like YAML and shows of a secret its digest alone", () => {
  const value = {
    image: "web",
    args: ["-f", { a: 1, b: [true] }],
    env: {
      PASSWORD: { $secret: { digest: "hmac:0123456789abcdef0123", value: "hush", sealed: "x" } },
      TEXT: "a\nb",
    },
    empty: {},
    none: [],
    blank: "",
  };
  expect(tree(value)).toEqual([
    "image: web",
    "args:",
    "  - -f",
    "  - a: 1",
    "    b:",
    "      - true",
    "env:",
    "  PASSWORD: secret (hmac:0123456789abcd)",
    "  TEXT: a\\nb",
    "empty: {}",
    "none: []",
    'blank: ""',
  ]);
});
