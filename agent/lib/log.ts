import { writeSync } from "node:fs";
import { type DestinationStream, type Logger, pino } from "pino";

const standardOutput = 1;

/** JSON lines on standard output; `CONSTELLATION_LOG` sets the level (default, and for one nobody knows: `info`). Secrets are never fields. */
export function createLog(env: NodeJS.ProcessEnv): Logger {
  const options = {
    level: Object.keys(pino.levels.values).find((level) => level === env.CONSTELLATION_LOG) ?? "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(
    options,
    passingOver((bytes) => writeSync(standardOutput, bytes)),
  );
}

/**
 * Leaves out the lines that cannot be written now, as on a full disk, and says how many once lines are written again.
 * pino's own way is to block the process until there is room.
 */
export function passingOver(write: (bytes: Buffer) => number): DestinationStream {
  let lost = 0;
  let isTorn = false;
  const put = (line: string): boolean => {
    // What is left of a torn line must not spoil the next one.
    const bytes = Buffer.from(isTorn ? `\n${line}` : line);
    try {
      const written = write(bytes);
      if (written > 0) isTorn = written < bytes.length;
      return written === bytes.length;
    } catch {
      return false; // The reason is said by whoever cannot write what matters.
    }
  };
  return {
    write(line) {
      if (lost > 0 && put(`${JSON.stringify({ level: 40, time: new Date(), lost, msg: "lines lost" })}\n`))
        lost = 0;
      if (!put(line)) lost += 1;
    },
  };
}
