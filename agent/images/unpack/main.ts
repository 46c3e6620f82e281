import { createHash } from "node:crypto";
import { createReadStream, fstatSync, readSync, writeSync } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { type UnpackLimits, unpackLimits } from "../limits.ts";
import type { LayerFiles } from "../types.ts";
import { unpackLayer } from "./layer.ts";
import type { UnpackMessage } from "./messages.ts";
import { Refusal } from "./refusal.ts";

const standardInput = 0;
const standardOutput = 1;
const chunkBytes = 1024 ** 2;
const progressEveryMs = 100;

/**
 * The unpacking child: reads the compressed layer, a file, from standard input, and fills `folder`.
 * Confines itself to `folder` before it reads the first byte. Answers in UnpackMessages; its exit code is 0 or 1.
 */
export async function unpackMain(folder: string, files: LayerFiles, limits = unpackLimits): Promise<number> {
  process.umask(0);
  files.confine(folder);
  try {
    const hash = createHash("sha256");
    let bytes = 0;
    const note = (chunk: Buffer) => {
      hash.update(chunk);
      bytes += chunk.length;
    };
    const { entries, skipped, opaque, implied } = await unpackLayer(
      uncompressed(note, limits),
      "",
      files,
      limits,
    );
    files.sync("/");
    const diffId = `sha256:${hash.digest("hex")}` as const;
    say({ report: { diffId, bytes, entries, skipped, opaque: [...opaque], implied: [...implied] } });
    return 0;
  } catch (error) {
    say({ refused: describe(error) });
    return 1;
  }
}

async function* uncompressed(note: (chunk: Buffer) => void, limits: UnpackLimits): AsyncGenerator<Buffer> {
  const compressedBytes = fstatSync(standardInput).size;
  let bytes = 0;
  for await (const chunk of decompress()) {
    bytes += chunk.length;
    if (bytes > limits.unpackedBytes) throw tooLarge(`over ${limits.unpackedBytes} bytes`);
    if (bytes > limits.ratioFromBytes && bytes > limits.ratio * compressedBytes) {
      throw tooLarge(`over ${limits.ratio} times its compressed size`);
    }
    note(chunk);
    yield chunk;
  }
}

/** By what the bytes are, not by what the media type says: builders get the latter wrong. */
function decompress(): AsyncIterable<Buffer> {
  const magic = Buffer.alloc(4);
  readSync(standardInput, magic, 0, magic.length, 0);
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
  const isZstd = magic.readUInt32LE(0) === 0xfd2fb528;
  const compressed = createReadStream("", {
    fd: standardInput,
    start: 0,
    highWaterMark: chunkBytes,
    autoClose: false,
  });
  if (!isGzip && !isZstd) return withProgress(compressed);
  const decompressor = isGzip
    ? createGunzip({ chunkSize: chunkBytes })
    : createZstdDecompress({ chunkSize: chunkBytes });
  // Errors reach the reader of the decompressor's output.
  return pipeline(compressed, withProgress, decompressor, () => {});
}

async function* withProgress(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let done = 0;
  let lastSaid = Date.now();
  for await (const chunk of compressed) {
    yield chunk;
    done += chunk.length;
    if (Date.now() - lastSaid < progressEveryMs) continue;
    lastSaid = Date.now();
    say({ done });
  }
}

function tooLarge(what: string): Refusal {
  return new Refusal(`it unpacks to ${what}; rebuild the image with smaller layers`);
}

function describe(error: unknown): Extract<UnpackMessage, { refused: unknown }>["refused"] {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof Refusal) return { kind: "invalid", message };
  if (code === "ENOSPC" || code === "EDQUOT")
    return { kind: "full", message: "no space left on the disk; free some" };
  if (code?.startsWith("E")) return { kind: "broken", message };
  return { kind: "invalid", message: `${message}; build or upload the image again` };
}

function say(message: UnpackMessage): void {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let written = 0; written < line.length; ) written += writeSync(standardOutput, line, written);
}
