import type { Holds } from "../fence/index.ts";
import { createPulse } from "../lib/pulse.ts";
import type { Server } from "./server.ts";

/** As often as other hosts send heartbeats, in milliseconds. */
const everyMs = 500;

/**
 * What heartbeats are to other hosts: the server in this process confirms what may run here. Nothing is done while
 * nobody needs it. Resolves after the abort.
 */
export async function keepConfirmed(
  { confirm, isStranded }: Pick<Server, "confirm" | "isStranded">,
  holds: Pick<Holds, "heard" | "isNeeded" | "onNeed">,
  bootClock: () => number,
  signal: AbortSignal,
): Promise<void> {
  const pulse = createPulse();
  const tell = () => {
    const sentMs = bootClock();
    holds.heard(sentMs, confirm(), isStranded());
  };
  holds.onNeed(() => {
    tell();
    pulse.fire();
  });
  while (!signal.aborted) {
    if (holds.isNeeded()) tell();
    await pulse.wait(signal, holds.isNeeded() ? everyMs : undefined);
  }
}
