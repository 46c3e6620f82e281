import { setTimeout as delay } from "node:timers/promises";
import { logFiles, readEnd } from "./logs.ts";
import { looks } from "./looks.ts";
import type { Look, Looking, Seen } from "./types.ts";

/** For one look, milliseconds: half a report now is worth more than a whole one that never comes. */
const lookMs = 8_000;

/** Looks at everything, `more` first; never rejects. A look that fails, or takes too long, says so in its place. */
export async function inspect(looking: Looking, more: readonly Look[]): Promise<Seen[]> {
  const seen = await Promise.all([...more, ...looks].map((one) => seenBy(one, looking)));
  const logs = await Promise.all(
    logFiles(looking.paths).map(async (log) => {
      try {
        return readEnd(log);
      } catch (error) {
        return { file: log.file, failure: wordsOf(error) };
      }
    }),
  );
  return [...seen, ...logs.filter((log) => log !== undefined)];
}

async function seenBy({ file, look }: Look, looking: Looking): Promise<Seen> {
  const timer = new AbortController();
  const late = delay(lookMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not within ${lookMs / 1_000} s`);
  });
  late.catch(() => undefined); // Ended before it was needed.
  try {
    const found = await Promise.race([Promise.resolve().then(() => look(looking)), late]);
    return { file, text: typeof found === "string" ? found : `${JSON.stringify(found, null, 2)}\n` };
  } catch (error) {
    return { file, failure: wordsOf(error) };
  } finally {
    timer.abort();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
