import { setTimeout as delay } from "node:timers/promises";
import { ConstellationError } from "../../contract/index.ts";
import { migrate } from "./migrate.ts";
import { families } from "./records.ts";
import type { KeyValues } from "./types.ts";

const bounds = {
  /** From the server's start to its first answer, with a log to read again. Milliseconds. */
  answerMs: 60_000,
  pauseMs: 100,
  names: 1_000,
} as const;

/** The names of the cluster's hosts, before there is a store; waits for the server to start. Throws `unreachable`. */
export async function readHostNames(server: KeyValues, signal: AbortSignal): Promise<string[]> {
  const until = performance.now() + bounds.answerMs;
  for (;;) {
    try {
      await migrate(server);
      const { entries } = await server.range(families.host.prefix, { limit: bounds.names });
      return entries.map(({ key }) => key.slice(families.host.prefix.length));
    } catch (error) {
      const mayPass = error instanceof ConstellationError && error.code === "unreachable";
      if (!mayPass || performance.now() > until) throw error;
      await delay(bounds.pauseMs, undefined, { signal });
    }
  }
}
