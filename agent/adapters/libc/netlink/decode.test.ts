import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeAttributes, decodeMessages } from "./decode.ts";
import { attribute, encodeMessage, nested, text, u32 } from "./encode.ts";

test("attributes come back as they were written, padding aside", () => {
  const values = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(values, (bytes) => {
      const encoded = Buffer.concat(bytes.map((value, type) => attribute(type, Buffer.from(value))));
      expect(encoded.length % 4).toBe(0);
      const decoded = [...decodeAttributes(encoded)].map(([type, value]) => [type, Uint8Array.from(value)]);
      expect(decoded).toEqual(bytes.map((value, type) => [type, value]));
    }),
  );
});

test("nesting is told by a flag that is no part of the type", () => {
  const outer = decodeAttributes(nested(18, attribute(1, text("veth")), attribute(2, u32(7))));
  const inner = decodeAttributes(outer.get(18) ?? Buffer.alloc(0));
  expect([inner.get(1)?.toString(), inner.get(2)?.readUInt32LE()]).toEqual(["veth\0", 7]);
});

test("a datagram is split into acknowledgements, data and the end of a dump", () => {
  const errno = Buffer.alloc(20);
  errno.writeInt32LE(-17);
  const reply = (type: number, flags: number, payload: Buffer) =>
    encodeMessage({ action: "", type, flags, payload }, 5);
  const withText = Buffer.concat([errno, attribute(1, text("already there"))]);
  const datagram = Buffer.concat([
    reply(2, 0x300, withText),
    reply(16, 2, Buffer.from([1, 2, 3])),
    reply(3, 2, Buffer.alloc(4)),
  ]);
  expect(decodeMessages(datagram)).toEqual([
    { kind: "ack", sequence: 5, errno: 17, detail: "already there" },
    { kind: "data", sequence: 5, type: 16, payload: Buffer.from([1, 2, 3]) },
    { kind: "done", sequence: 5, errno: 0 },
  ]);
});

test("a datagram that is cut off or garbled ends the reading, it does not throw", () => {
  const garbled = fc.record({
    type: fc.nat({ max: 20 }),
    flags: fc.nat({ max: 0x3ff }),
    payload: fc.uint8Array({ maxLength: 60 }),
    cut: fc.nat({ max: 16 }),
  });
  fc.assert(
    fc.property(garbled, ({ type, flags, payload, cut }) => {
      const message = encodeMessage({ action: "", type, flags, payload: Buffer.from(payload) }, 1);
      expect(() => decodeMessages(message.subarray(0, message.length - cut))).not.toThrow();
      message.writeUInt32LE(message.length - cut);
      expect(() => decodeMessages(message)).not.toThrow();
    }),
  );
});
