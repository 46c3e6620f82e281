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
/** Frames may be as small as the files of the layer. */
const frameChunkBytes = 128 * 1024;
const gzipMagic = 0x8b1f;
const zstdMagic = 0xfd2fb528;
/** The first of sixteen. */
const zstdSkippableMagic = 0x184d2a50;
const skippableHeaderBytes = 8;
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
  const onBytes = paced();
  if (numberAt(0) === zstdMagic || isSkippable(0)) return zstdFrames(onBytes);
  const isGzip = (numberAt(0) & 0xffff) === gzipMagic;
  if (!isGzip) return compressedFrom(0, onBytes);
  // Errors reach the reader of the decompressor's output.
  return pipeline(compressedFrom(0, onBytes), createGunzip({ chunkSize: chunkBytes }), () => {});
}

/**
 * A layer may be many frames, some of which hold no data (zstd:chunked, RFC 8878, 3.1). Node's decompressor ends with
 * the first one, so each gets its own.
 */
async function* zstdFrames(onBytes: (done: number) => void): AsyncGenerator<Buffer> {
  const { size } = fstatSync(standardInput);
  for (let at = 0; at < size; ) {
    if (isSkippable(at)) {
      at += skippableHeaderBytes + numberAt(at + 4);
      continue;
    }
    const frame = createZstdDecompress({ chunkSize: frameChunkBytes });
    const compressed = compressedFrom(at, onBytes, frameChunkBytes);
    pipeline(compressed, frame, () => {});
    yield* frame;
    await compressed.return(undefined);
    if (frame.bytesWritten === 0) throw new Error(`no zstd frame at byte ${at}`);
    at += frame.bytesWritten;
  }
}

const isSkippable = (at: number) => (numberAt(at) & 0xfffffff0) >>> 0 === zstdSkippableMagic;

/** The four bytes there, little-endian; absent ones are 0. */
function numberAt(at: number): number {
  const bytes = Buffer.alloc(4);
  readSync(standardInput, bytes, 0, bytes.length, at);
  return bytes.readUInt32LE(0);
}

/** Tells how many bytes of the file were read by now. */
async function* compressedFrom(
  start: number,
  onBytes: (done: number) => void,
  highWaterMark = chunkBytes,
): AsyncGenerator<Buffer> {
  let done = start;
  for await (const chunk of createReadStream("", {
    fd: standardInput,
    start,
    highWaterMark,
    autoClose: false,
  })) {
    yield chunk;
    done += chunk.length;
    onBytes(done);
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

/** Says how far it is, but not all the time. */
function paced(): (done: number) => void {
  let lastSaid = Date.now();
  return (done) => {
    if (Date.now() - lastSaid < progressEveryMs) return;
    lastSaid = Date.now();
    say({ done });
  };
}
