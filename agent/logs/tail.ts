import type { FileHandle } from "node:fs/promises";
import { logLimits } from "./types.ts";

const newline = 0x0a;
/** Time, stream and mark of a piece fit. */
const headBytes = 64;

/**
 * Where the last `lines` lines of a file begin, and how many of them it has.
 * Reads backwards, a chunk at a time. Pieces of a long line (`P`) count as one with the piece that ends it (`F`).
 */
export async function findTail(file: FileHandle, lines: number): Promise<{ offset: number; found: number }> {
  let found = 0;
  let { size: offset } = await file.stat();
  for await (const piece of piecesBackwards(file, offset)) {
    if (piece.endsLine) {
      if (found === lines) break;
      found += 1;
    }
    offset = piece.start;
  }
  return { offset, found };
}

async function* piecesBackwards(
  file: FileHandle,
  size: number,
): AsyncGenerator<{ start: number; endsLine: boolean }> {
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - logLimits.chunkBytes);
    // A piece whose newline before it ends this chunk has its head in the next one: read on that far.
    const chunk = await readAt(file, from, end - from + headBytes);
    for (let at = end - from - 1; at >= 0; at--) {
      if (chunk[at] === newline && from + at + 1 < size) yield pieceAt(chunk, at + 1, from);
    }
    if (from === 0) yield pieceAt(chunk, 0, 0);
    end = from;
  }
}

function pieceAt(chunk: Buffer, at: number, from: number): { start: number; endsLine: boolean } {
  const head = chunk.subarray(at, at + headBytes).toString("latin1");
  return { start: from + at, endsLine: /^\S+ \S+ F/.test(head) };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}
