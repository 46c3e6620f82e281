import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identifyFiles, type LogFile, openIdentified } from "./files.ts";
import { createAssembler, parsePiece } from "./parse.ts";
import { findTail } from "./tail.ts";
import { type LogLine, type LogQuery, logLimits } from "./types.ts";

/**
 * The lines of an instance's log, oldest first, over all its files. Paced by the consumer; memory is bounded by a
 * chunk and a line. With `follow` it goes on, over rotations, until the signal aborts or the log is removed.
 */
export async function* readLog(path: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const assemble = createAssembler();
  const sinceMs = query.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.since);
  let left = query.follow ? Number.POSITIVE_INFINITY : (query.tail ?? Number.POSITIVE_INFINITY);
  for await (const text of readPieces(path, query, signal)) {
    const piece = parsePiece(text);
    const line = piece && assemble(piece);
    if (line === undefined) continue;
    // Written since it was found where the last ones begin.
    if (left === 0) return;
    left -= 1;
    if (Date.parse(line.at) >= sinceMs) yield line;
  }
}

async function* readPieces(path: string, query: LogQuery, signal: AbortSignal): AsyncGenerator<string> {
  let opened = await openStart(path, query.tail);
  while (opened !== undefined && !signal.aborted) {
    const { file, identity } = opened;
    let following: Following = { kind: "current" };
    let isReadOut = false;
    try {
      let { offset } = opened;
      const split = createSplitter();
      for (;;) {
        const chunk = await readChunk(file, offset);
        offset += chunk.length;
        yield* split(chunk);
        if (signal.aborted) return;
        if (chunk.length > 0) continue;
        // conmon may have written to this file between our read and its turn to the next: read on once more.
        if (following.kind !== "current") {
          isReadOut = true;
          break;
        }
        following = await openFollowing(path, identity, file);
        if (following.kind !== "current") continue;
        if (!query.follow) return;
        await delay(logLimits.pollMs, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      await file.close();
      // Its reader may have left before the next file's turn.
      if (!isReadOut && following.kind === "newer") await following.opened.file.close();
    }
    opened = following.kind === "newer" ? following.opened : undefined;
  }
}

/** A file told by its identity, whatever its name is by now. */
interface Opened {
  readonly file: FileHandle;
  readonly identity: string;
  readonly offset: number;
}

/** What comes after a file that was read to its end: nothing yet, a newer one, or nothing ever since the log is removed. */
type Following =
  | { readonly kind: "current" }
  | { readonly kind: "newer"; readonly opened: Opened }
  | { readonly kind: "gone" };

async function openFollowing(path: string, identity: string, read: FileHandle): Promise<Following> {
  for (let attempt = 0; attempt < logLimits.rotationsInARow; attempt++) {
    const files = await identifyFiles(path);
    if (files === undefined) continue;
    if (files.length === 0) return { kind: "gone" };
    const next = await fileAfter(files, identity, read);
    // The newest, or renamed while conmon has not begun the next one yet.
    if (next === undefined) return { kind: "current" };
    const file = await openIdentified(next);
    if (file) return { kind: "newer", opened: { file, identity: next.identity, offset: 0 } };
  }
  return { kind: "current" };
}

/** One that is not among them was dropped while it was read, and some of those before it may still be there. */
async function fileAfter(
  files: readonly LogFile[],
  identity: string,
  read: FileHandle,
): Promise<LogFile | undefined> {
  const at = files.findIndex((one) => one.identity === identity);
  if (at >= 0) return files[at + 1];
  const { mtimeNs } = await read.stat({ bigint: true });
  return files.find(({ writtenAt }) => writtenAt >= mtimeNs);
}

/** The oldest file, or where the last lines begin. */
async function openStart(path: string, tail: number | undefined): Promise<Opened | undefined> {
  for (let attempt = 0; attempt < logLimits.rotationsInARow; attempt++) {
    const files = await identifyFiles(path);
    if (files === undefined) continue;
    if (files.length === 0) return undefined;
    const start = tail === undefined ? files[0] && { ...files[0], offset: 0 } : await findStart(files, tail);
    const file = start && (await openIdentified(start));
    if (file) return { file, identity: start.identity, offset: start.offset };
  }
  return undefined;
}

async function findStart(
  files: readonly LogFile[],
  tail: number,
): Promise<(LogFile & { offset: number }) | undefined> {
  let wanted = tail;
  let start: (LogFile & { offset: number }) | undefined;
  for (const candidate of files.toReversed()) {
    const file = await openIdentified(candidate);
    if (file === undefined) return undefined;
    const { offset, found } = await findTail(file, wanted).finally(() => file.close());
    start = { ...candidate, offset };
    wanted -= found;
    if (offset > 0 || wanted === 0) break;
  }
  return start;
}

async function readChunk(file: FileHandle, position: number): Promise<Buffer> {
  const chunk = Buffer.alloc(logLimits.chunkBytes);
  const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
  return chunk.subarray(0, bytesRead);
}

/** Whole lines of the bytes so far, without their ends. A line without end past the limit is given up in parts. */
function createSplitter(): (chunk: Buffer) => string[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf("\n");
    if (end < 0 && bytes.length <= 2 * logLimits.lineBytes) {
      rest = bytes;
      return [];
    }
    const cut = end < 0 ? bytes.length : end;
    rest = bytes.subarray(cut + 1);
    return bytes.subarray(0, cut).toString("utf8").split("\n");
  };
}
