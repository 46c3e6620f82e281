import { type Logger, pino } from "pino";

/** JSON lines on standard output; `CONSTELLATION_LOG` sets the level (default `info`). Secrets are never fields. */
export function createLog(env: NodeJS.ProcessEnv): Logger {
  return pino({
    level: env.CONSTELLATION_LOG ?? "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}
