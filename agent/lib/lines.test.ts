import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { boundedLines } from "./lines.ts";

async function linesOf(chunks: Iterable<Uint8Array>, mostBytes: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of boundedLines(stream(chunks), mostBytes)) lines.push(line);
  return lines;
}

async function* stream(chunks: Iterable<Uint8Array>) {
  yield* chunks;
}

test("lines are the same wherever the text is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary" })),
      fc.integer({ min: 1, max: 9 }),
      async (texts, size) => {
        const lines = texts.map((text) => text.replaceAll("\n", " "));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        expect(await linesOf(chunks, 1_000)).toEqual(lines.map((line) => Buffer.from(line).toString()));
      },
    ),
  );
  expect(await linesOf([Buffer.from("a\nunfinished")], 10)).toEqual(["a", "unfinished"]);
});

test("one that never ends is given up before it fills the memory", async () => {
  let sent = 0;
  function* endless() {
    for (; ; sent++) yield Buffer.alloc(1_000, "x");
  }
  await expect(linesOf(endless(), 10_000)).rejects.toThrow("a line of over 10000 bytes");
  expect(sent).toBeLessThan(20);
});
