/**
 * Makes a machine with nothing but Linux, sshd and a shell a host, and a host such a machine again.
 * Invariant: nothing is touched before all that speaks against it was told at once; every step can be repeated, so a
 * bootstrap that was cut short is finished by the next one. An agent that runs is only ever replaced by a newer one,
 * by itself (decision 12).
 * It founds no cluster, and joins one only as it is told: whoever calls it does the rest, over the agent's API.
 */
import { type Notes, type Step, steps } from "./steps.ts";
import type { Bootstrap, Raised } from "./types.ts";

export { type Examined, examine } from "./examine.ts";
export { takeDownThere } from "./judge-joining.ts";
export { builtKits } from "./kits.ts";
export { type Look, lookAhead } from "./look.ts";
export { refuse } from "./refuse.ts";
export { removeAgent } from "./remove.ts";
export type { Bootstrap, Facts, Finding, Joining, Kits, Raised } from "./types.ts";

/** Runs every step; throws what the first one fails with. */
export async function bootstrap(given: Bootstrap): Promise<Raised> {
  return (await take(steps, given)).raised ?? {};
}

/** The first steps, which touch nothing that runs there: several machines take them at once. */
export async function prepare(given: Bootstrap): Promise<void> {
  await take(
    steps.filter(({ isPreparing }) => isPreparing),
    given,
  );
}

async function take(some: readonly Step[], given: Bootstrap): Promise<Notes> {
  let notes: Notes = {};
  for (const { name, run } of some) {
    given.progress(name);
    notes = await run(given, notes);
  }
  return notes;
}
