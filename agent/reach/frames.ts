import type { Readable } from "node:stream";
import { ConstellationError } from "../../contract/index.ts";
import { reachLimits } from "./types.ts";

/** On a stream of bytes: four bytes of length, then a message. A message that begins with `{` is control, others are output or input. */
export function framed(message: Uint8Array | string): Buffer {
  const bytes = Buffer.from(message as Uint8Array);
  const frame = Buffer.allocUnsafe(4 + bytes.length);
  frame.writeUInt32BE(bytes.length);
  bytes.copy(frame, 4);
  return frame;
}

export async function* readFrames(stream: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE();
      if (length > reachLimits.frameBytes)
        throw new ConstellationError("too-large", `read a command's stream: a frame of ${length} bytes`);
      if (rest.length < 4 + length) break;
      yield rest.subarray(4, 4 + length);
      rest = rest.subarray(4 + length);
    }
  }
}

const brace = "{".charCodeAt(0);
/** Channels are small numbers: no other message begins so. */
export const isControl = (message: Uint8Array) => message[0] === brace;
