import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { lines, type ServerSentEvent, serverSentEvents } from "./event-stream.ts";

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function events(text: string, size = 3): Promise<ServerSentEvent[]> {
  const found: ServerSentEvent[] = [];
  for await (const event of serverSentEvents(inPieces(text, size))) found.push(event);
  return found;
}

describe("serverSentEvents", () => {
  test.each<[string, string, unknown[]]>([
    ["data over two lines", "data: a\ndata: b\n\n", [{ id: "", type: "message", data: "a\nb" }]],
    [
      "an id that stays",
      "id: 7\ndata: a\n\ndata: b\n\n",
      [
        { id: "7", type: "message", data: "a" },
        { id: "7", type: "message", data: "b" },
      ],
    ],
    ["an id alone", "id: 7\n\n", [{ id: "7", type: "message", data: "" }]],
    ["comments", ": alive\n\n: alive\n\n", []],
    ["a type, and CRLF", "event: x\r\ndata:a\r\n\r\n", [{ id: "", type: "x", data: "a" }]],
    ["an unfinished block", "data: a\n\ndata: b\n", [{ id: "", type: "message", data: "a" }]],
    ["unknown fields", "retry: 5\nfoo\n\n", []],
  ])("%s", async (_name, text, expected) => {
    expect(await events(text)).toEqual(expected);
  });

  test("does not depend on how the bytes are cut", async () => {
    const text = 'id: 1\ndata: {"größe":1}\n\nid: 2\ndata: b\n\n';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => {
        expect(await events(text, size)).toEqual(await events(text, 1_000));
      }),
    );
  });
});

test("a line without an end is refused before it fills the memory", async () => {
  const endless = (async function* () {
    for (;;) yield Buffer.alloc(1024 * 1024, "x");
  })();
  await expect(lines(endless).next()).rejects.toThrow("longer than");
});
