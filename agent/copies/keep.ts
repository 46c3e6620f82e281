import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Digest } from "../../contract/index.ts";
import { createPulse } from "../lib/pulse.ts";
import type { Copies } from "./copies.ts";

/** In milliseconds. */
const bounds = {
  /** From a change to the look at what is where: after a restart the servers find each other one by one. */
  settleMs: 5_000,
  /** From a try that failed to the next one. */
  againMs: 5_000,
} as const;

export interface KeepCopiesPorts {
  readonly copies: Pick<Copies, "ensure">;
  readonly others: {
    isAlone(): boolean;
    /** Calls back each time that one of them answers anew, or that there are others than before. */
    onServers(listener: () => void): void;
  };
  /** Images in use that came by an upload. */
  readonly uploads: () => readonly Digest[];
  /** What one is made of. */
  readonly blobsOf: (image: Digest) => Promise<ReadonlySet<Digest>>;
  readonly log: Logger;
  /** Instead of the usual pause before a look. */
  readonly settleMs?: number;
  readonly signal: AbortSignal;
}

/**
 * What this server has of uploaded images in use is looked after each time that another one comes or goes: with it may have
 * gone the second copy. Resolves after the abort; what fails is tried again.
 */
export async function keepCopies(ports: KeepCopiesPorts): Promise<void> {
  const { copies, others, uploads, blobsOf, log, signal, settleMs = bounds.settleMs } = ports;
  const pulse = createPulse();
  others.onServers(pulse.fire);
  let isTold = false;
  let isDue = false;
  while (!signal.aborted) {
    await pulse.wait(signal, isDue ? bounds.againMs : undefined);
    await delay(settleMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    pulse.clear();
    isDue = false;
    // One that cannot be read, or copied, must not keep the others from it.
    for (const image of others.isAlone() ? [] : uploads())
      try {
        await copies.ensure([...(await blobsOf(image))]);
      } catch (error) {
        isDue = true;
        if (!isTold)
          log.warn({ err: error, image }, "an uploaded image is not on two servers; it is tried again");
        isTold = true;
      }
    if (!isDue) isTold = false;
  }
}
