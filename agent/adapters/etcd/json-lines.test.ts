import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { jsonLines } from "./json-lines.ts";

const chunksOf = async function* (bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};

const all = async (values: AsyncIterable<unknown>) => {
  const found: unknown[] = [];
  for await (const value of values) found.push(value);
  return found;
};

test("values come out as they went in, wherever the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 50 }), async (values, size) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
      const read = await all(jsonLines(chunksOf(Buffer.from(text), size)));
      expect(read).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

test("an unfinished last line is dropped", async () => {
  expect(await all(jsonLines(chunksOf(Buffer.from('{"a":1}\n{"b":'), 3)))).toEqual([{ a: 1 }]);
});
