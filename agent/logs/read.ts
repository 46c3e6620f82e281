import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf, listLogFiles, openLogFile } from "./files.ts";
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
  for await (const text of readPieces(path, query, signal)) {
    const piece = parsePiece(text);
    const line = piece && assemble(piece);
    if (line && Date.parse(line.at) >= sinceMs) yield line;
  }
}

async function* readPieces(
  path: string,
  { tail, follow }: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let place = await findStart(path, tail);
  while (place !== undefined && !signal.aborted) {
    const file = await openLogFile(place.path);
    if (file === undefined) return;
    try {
      const { dev, ino } = await file.stat();
      const split = createSplitter();
      let { offset } = place;
      let following: Following = { kind: "current" };
      for (;;) {
        const chunk = await readChunk(file, offset);
        offset += chunk.length;
        yield* split(chunk);
        if (signal.aborted) return;
        if (chunk.length > 0) continue;
        // conmon may have written to this file between our read and its turn to the next: read on once more.
        if (following.kind !== "current") break;
        following = await followingOf(path, `${dev}:${ino}`);
        if (following.kind !== "current") continue;
        if (!follow) return;
        await delay(logLimits.pollMs, undefined, { signal }).catch(() => undefined);
      }
      place = following.kind === "newer" ? { path: following.path, offset: 0 } : undefined;
    } finally {
      await file.close();
    }
  }
}

/** The file after one that was read to its end: none yet, a newer one, or none ever, since the log is removed. */
type Following =
  | { readonly kind: "current" }
  | { readonly kind: "newer"; readonly path: string }
  | { readonly kind: "gone" };

async function followingOf(path: string, identity: string): Promise<Following> {
  const files = await listLogFiles(path);
  if (files.length === 0) return { kind: "gone" };
  const identities = await Promise.all(files.map(identityOf));
  const index = identities.indexOf(identity);
  // Not among them: rotated out while it was read, and what is left is newer.
  const next = files[index + 1];
  if (next !== undefined) return { kind: "newer", path: next };
  // Renamed, and conmon has not begun the next file yet.
  return { kind: "current" };
}

async function findStart(
  path: string,
  tail: number | undefined,
): Promise<{ path: string; offset: number } | undefined> {
  const files = await listLogFiles(path);
  if (tail === undefined) return files[0] === undefined ? undefined : { path: files[0], offset: 0 };
  let wanted = tail;
  let start: { path: string; offset: number } | undefined;
  for (const candidate of files.toReversed()) {
    const file = await openLogFile(candidate);
    if (file === undefined) continue;
    const { offset, found } = await findTail(file, wanted).finally(() => file.close());
    start = { path: candidate, offset };
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
