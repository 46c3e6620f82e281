import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { cutBytes } from "./bound.ts";
import { readLog } from "./read.ts";
import { beginLog, putAway } from "./rotate.ts";
import type { LogQuery } from "./types.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-logs-"));
  path = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, "0")}.123456789+00:00`;
const line = (text: string, tag = "F", stream = "stdout", second = 0) =>
  `${at(second)} ${stream} ${tag} ${text}\n`;

async function read(query: Partial<LogQuery> = {}, signal = new AbortController().signal): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of readLog(path, { follow: false, ...query }, signal)) texts.push(text);
  return texts;
}

describe("a log", () => {
  test("is read over its files, with pieces put together by stream", async () => {
    writeFileSync(`${path}.10`, line("oldest"));
    writeFileSync(`${path}.2`, line("older"));
    writeFileSync(
      path,
      `${line("a", "P") + line("x", "P", "stderr") + line("b") + line("y", "F", "stderr")}torn`,
    );
    expect(await read()).toEqual(["oldest", "older", "ab", "xy"]);
  });

  test("keeps nanoseconds, and turns other zones to UTC", async () => {
    writeFileSync(path, `${line("a")}2026-01-01T02:00:00.123456789+02:00 stderr F b\n`);
    const lines: unknown[] = [];
    for await (const one of readLog(path, { follow: false }, new AbortController().signal)) lines.push(one);
    expect(lines).toEqual([
      { at: "2026-01-01T00:00:00.123456789Z", stream: "stdout", text: "a" },
      { at: "2026-01-01T00:00:00.123Z", stream: "stderr", text: "b" },
    ]);
  });

  test("starts at the time asked for", async () => {
    writeFileSync(path, [1, 2, 3].map((second) => line(`${second}`, "F", "stdout", second)).join(""));
    expect(await read({ since: "2026-01-01T00:00:02Z" })).toEqual(["2", "3"]);
  });

  test("gives as many of its last lines as asked for, over files and chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3_000), fc.boolean()), { maxLength: 120 }),
        fc.nat(130),
        fc.nat(120),
        async (sizes, tail, cut) => {
          const pieces = sizes.map(([size, isPartial], index) =>
            line(`${index}:${"x".repeat(size)}`, isPartial ? "P" : "F"),
          );
          writeFileSync(`${path}.1`, pieces.slice(0, cut).join(""));
          writeFileSync(path, pieces.slice(cut).join(""));
          const all = await read();
          // A line whose pieces lie in two files may be cut where the tail begins with it.
          const last = tail === 0 ? [] : all.slice(-tail);
          const given = await read({ tail });
          expect(given.length).toBe(last.length);
          expect(given.every((text, index) => last[index]?.endsWith(text))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("gives no more of its last lines than asked for, though others are written meanwhile", async () => {
    writeFileSync(path, line("a") + line("b") + line("c"));
    const texts: string[] = [];
    for await (const { text } of readLog(path, { follow: false, tail: 2 }, new AbortController().signal)) {
      texts.push(text);
      appendFileSync(path, line("later"));
    }
    expect(texts).toEqual(["b", "c"]);
  });

  test("of an instance that never wrote has no lines", async () => {
    expect(await read()).toEqual([]);
    expect(await read({ tail: 3, follow: true })).toEqual([]);
  });
});

describe("following", () => {
  /** Calls back with every line as soon as the reader has it; resolves with all of them when the reading ends. */
  async function follow(onText: (text: string) => void, signal = new AbortController().signal) {
    const texts: string[] = [];
    for await (const { text } of readLog(path, { follow: true }, signal)) {
      texts.push(text);
      onText(text);
    }
    return texts;
  }

  test("goes on over rotations and ends when the log is removed", async () => {
    writeFileSync(path, line("0"));
    const awaited = new Map(
      ["10 late", "20 late", "29"].map((text) => [text, Promise.withResolvers<void>()]),
    );
    const reading = follow((text) => awaited.get(text)?.resolve());
    for (let i = 1; i < 30; i++) {
      if (i % 10 === 0) {
        renameSync(path, `${path}.1`);
        appendFileSync(`${path}.1`, line(`${i} late`));
        await awaited.get(`${i} late`)?.promise;
      }
      appendFileSync(path, line(String(i)));
    }
    await awaited.get("29")?.promise;
    rmSync(folder, { recursive: true });
    const texts = await reading;
    expect(texts.filter((text) => !text.endsWith("late")).map(Number)).toEqual(
      Array.from({ length: 30 }, (_, i) => i),
    );
    expect(texts.filter((text) => text.endsWith("late"))).toEqual(["10 late", "20 late"]);
  });

  test("ends when its reader goes", async () => {
    writeFileSync(path, line("0"));
    const stop = new AbortController();
    expect(await follow(() => stop.abort(), stop.signal)).toEqual(["0"]);
  });
});

describe("a log that its writer cuts", () => {
  const bounds = { id: "web-0", maxBytes: 100, maxFiles: 3 };
  /** As conmon does: a new file takes the name. */
  const cut = (text: string) => {
    writeFileSync(`${path}.tmp`, line(text));
    renameSync(`${path}.tmp`, path);
  };

  test("keeps as many files as asked for, also of what was cut unseen", async () => {
    beginLog(path, bounds);
    for (let i = 0; i < 5; i++) {
      cut(String(i));
      await putAway({ ...bounds, path });
      await putAway({ ...bounds, path });
    }
    expect(await read()).toEqual(["2", "3", "4"]);
    cut("5");
    expect(await read()).toEqual(["2", "3", "4", "5"]);
    cut("6");
    expect(await read()).toEqual(["2", "3", "4", "6"]);
    await putAway({ ...bounds, path });
    expect(await read()).toEqual(["3", "4", "6"]);
  });

  test("is followed without a line twice when the file that was read is gone", async () => {
    writeFileSync(`${path}.1`, line("0"));
    utimesSync(`${path}.1`, 1, 1);
    writeFileSync(path, line("1"));
    const stop = new AbortController();
    const texts: string[] = [];
    for await (const { text } of readLog(path, { follow: true }, stop.signal)) {
      texts.push(text);
      if (text === "1") cut("2");
      if (text === "2") stop.abort();
    }
    expect(texts).toEqual(["0", "1", "2"]);
  });

  test("never takes more than its bounds, one file more between a cut and the look after it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4096 }), fc.integer({ min: 1, max: 100 }), (maxBytes, maxFiles) => {
        const files = maxFiles === 1 ? 1 : maxFiles + 1;
        expect(cutBytes({ maxBytes, maxFiles }) * files).toBeLessThanOrEqual(maxBytes * maxFiles);
      }),
    );
  });
});
