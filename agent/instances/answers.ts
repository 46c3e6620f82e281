import type { Entry } from "./entry.ts";
import { instanceLimits } from "./limits.ts";
import type { Network } from "./types.ts";

/** At most a tenth of the time goes into looking, however many connections there are to look at. */
const restPerLook = 9;

/** Whether somebody waits for answers of an instance; looked at now and then, however often it is asked. */
export async function owesAnswer(entry: Entry, network: Network): Promise<boolean> {
  const began = performance.now();
  if (entry.answers === undefined || began >= entry.answers.nextLookAt) {
    const owed = await network.owesAnswer(entry.places.id);
    const ended = performance.now();
    const restMs = Math.max(instanceLimits.answersLookMs, restPerLook * (ended - began));
    entry.answers = { nextLookAt: ended + restMs, owed };
  }
  return entry.answers.owed;
}
