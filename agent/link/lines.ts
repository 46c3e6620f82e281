import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { ConstellationError } from "../../contract/index.ts";
import { linkLimits } from "./limits.ts";

/** JSON values, one a line, until the stream ends. Throws `too-large` for a line without an end. */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<unknown> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at));
      const line = Buffer.concat(parts).toString("utf8");
      [parts, bytes, from] = [[], 0, at + 1];
      if (line !== "") yield JSON.parse(line);
    }
    parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > maxBytes)
      throw new ConstellationError("too-large", `read a stream: a line is over ${maxBytes} bytes`);
  }
}

/** Writes a value as a line; resolves once there is room for the next one. Rejects when the signal aborts. */
export async function sendLine(stream: Writable, value: unknown, signal: AbortSignal): Promise<void> {
  if (!stream.write(`${JSON.stringify(value)}\n`)) await once(stream, "drain", { signal });
}

/** Writes what makes up a line; resolves and rejects as the one above. */
export async function sendParts(
  stream: Writable,
  parts: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<void> {
  let hasRoom = true;
  for (const part of parts) hasRoom = stream.write(part);
  if (!hasRoom) await once(stream, "drain", { signal });
}

/** A body of bounded size, as text. */
export async function readWhole(stream: Readable, maxBytes: number = linkLimits.bodyBytes): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new ConstellationError("too-large", `read a message: it is over ${maxBytes} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString("utf8");
}
