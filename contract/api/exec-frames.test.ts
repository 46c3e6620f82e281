import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeFrame, decodeRequest, decodeResult, encodeControl, encodeFrame } from "./exec-frames.ts";

describe("exec frames", () => {
  test("every frame decodes to what was encoded", () => {
    fc.assert(
      fc.property(fc.constantFrom("stdin", "stdout", "stderr"), fc.uint8Array(), (channel, bytes) => {
        const frame = decodeFrame(encodeFrame(channel, bytes));
        expect(frame?.channel).toBe(channel);
        expect([...(frame?.bytes ?? [])]).toEqual([...bytes]);
      }),
    );
  });

  test.each([[new Uint8Array()], [new Uint8Array([3, 1])], [new Uint8Array([255])]])(
    "refuses the message %p",
    (message) => {
      expect(decodeFrame(message)).toBeUndefined();
    },
  );
});

describe("exec control", () => {
  test.each([{ resize: { columns: 80, rows: 24 } }, { stdin: "eof" } as const])(
    "a client's %j survives",
    (control) => {
      expect(decodeRequest(encodeControl(control))).toEqual(control);
    },
  );

  test.each([{ exit: { code: 137 } }, { error: { code: "not-found", message: "no such instance" } }])(
    "a server's %j survives",
    (control) => {
      expect(decodeResult(encodeControl(control))).toEqual(control);
    },
  );

  test.each([
    "",
    "{",
    "null",
    "1",
    '{"resize":{"columns":0,"rows":1}}',
    '{"stdin":"open"}',
    '{"exit":{"code":1}}',
  ])("refuses %j from a client", (text) => {
    expect(decodeRequest(text)).toBeUndefined();
  });
});
