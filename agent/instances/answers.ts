import type { Entry } from "./entry.ts";
import { instanceLimits } from "./limits.ts";
import type { Network } from "./types.ts";

/** Whether somebody waits for answers of an instance; looked at now and then, however often it is asked. */
export async function owesAnswer(entry: Entry, network: Network): Promise<boolean> {
  const now = performance.now();
  if (entry.answers === undefined || now - entry.answers.lookedAt >= instanceLimits.answersLookMs) {
    entry.answers = { lookedAt: now, owed: await network.owesAnswer(entry.places.id) };
  }
  return entry.answers.owed;
}
