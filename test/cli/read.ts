import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const limitMs = 20_000;

/** What a stream has said so far. */
export function textOf(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

/** Resolves once it holds; rejects after 20 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`wait: not within ${limitMs} ms: ${holds}`);
    await sleep(50);
  }
}
