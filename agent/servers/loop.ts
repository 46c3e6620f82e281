import type { Logger } from "pino";
import { createPulse } from "../lib/pulse.ts";
import { refusalOf } from "./decide.ts";
import { look } from "./look.ts";
import type { StoreMembers } from "./types.ts";

/** Between two looks, while there are several servers. In milliseconds. */
const lookMs = 1_000;

export interface PromotingOptions {
  readonly members: StoreMembers;
  /** Whether this machine is one of several servers, or is about to be. */
  readonly hasPeers: () => boolean;
  /** Calls back when that may have changed; gives what ends that. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Makes members that follow into ones that count, once the store says that they have caught up and it is safe. The server
 * whose store leads does it. Resolves after the abort; what fails is tried again.
 */
export async function promoteLearners(options: PromotingOptions): Promise<void> {
  const { hasPeers, log, signal } = options;
  const pulse = createPulse();
  let hadPeers = false;
  const unsubscribe = options.subscribe(() => !hadPeers && hasPeers() && pulse.fire());
  while (!signal.aborted) {
    hadPeers = hasPeers();
    if (hadPeers)
      // It has not caught up yet, or the store elects: the next look finds it as it is then.
      await promote(options).catch((error: unknown) => log.debug({ err: error }, "no server was promoted"));
    await pulse.wait(signal, hadPeers ? lookMs : undefined);
  }
  unsubscribe();
}

async function promote({ members, log }: PromotingOptions): Promise<void> {
  if (!(await members.status()).isRaftLeader) return;
  if (!(await members.list()).some(({ isLearner }) => isLearner)) return;
  const seen = await look(members);
  for (const { id, name, isLearner } of seen) {
    if (!isLearner || refusalOf({ kind: "promote", id }, seen) !== undefined) continue;
    await members.promote(id);
    log.info({ server: name }, "a server keeps the state from now on");
  }
}
