import { constants } from "node:os";
import type { Ending } from "./types.ts";

const outOfMemoryReason = "killed: out of memory; raise `resources.memory` or use less";

/** In words: `exited with code 1`, `killed by SIGTERM`, `killed: out of memory`. */
export function describeEnding({ code, outOfMemory }: Ending): string {
  if (code === undefined) return "ended with its monitor; exit code unknown";
  const signal = signalName(code - 128);
  if (outOfMemory && signal === "SIGKILL") return outOfMemoryReason;
  const said = signal === undefined ? `exited with code ${code}` : `killed by ${signal}`;
  return outOfMemory && code !== 0 ? `${said} after one of its processes was ${outOfMemoryReason}` : said;
}

/** Whether it may have been SIGKILL from outside. */
export function wasKilled({ code, outOfMemory }: Ending): boolean {
  return !outOfMemory && (code === undefined || signalName(code - 128) === "SIGKILL");
}

const signals: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

function signalName(number: number): string | undefined {
  return signals.get(number);
}
