import * as z from "zod";

/**
 * How long is what, in milliseconds of whoever measures it; the one place for it. A server that leads confirms a host's
 * exclusive instances with each answer to a heartbeat. Deadlines lie on the boot clock of the host.
 */
export const leaseLimits = {
  /** From a server's last proof that it leads to the end of what it confirmed then. */
  leaseMs: 10_000,
  /**
   * The most that a clock runs too fast or too slow, as a share: ten times what a bad quartz does, and more than chrony
   * allows itself while it corrects one (8.3%).
   */
  maxDrift: 0.1,
  /** From the deadline to the end of the last process: the guard looks ten times a second. */
  killMs: 1_000,
  /** What must be left of a lease for a start. */
  startMs: 2_000,
} as const;

/** A leader's word: these instances may go on. */
export interface Confirmation {
  readonly ids: readonly string[];
  /** How old its proof that it leads was when it said so. */
  readonly ageMs: number;
}

/** On its way. */
export const confirmation: z.ZodType<Confirmation> = z.object({
  ids: z.array(z.string()),
  ageMs: z.number().nonnegative(),
});

/**
 * Until when instances may run on a host, by the host's clock. `sentMs`: when the heartbeat was sent that was answered.
 * The server's proof was `ageMs` old when it answered, which was not before `sentMs`: whatever the way took, and wherever
 * it waited, the deadline is at most a lease after the proof, but for the drift of two clocks.
 */
export function deadlineOf({ sentMs, ageMs }: { readonly sentMs: number; readonly ageMs: number }): number {
  return sentMs + leaseLimits.leaseMs - ageMs;
}

/**
 * How long a server waits, by its own clock, from the last time at which it may have confirmed an instance until no
 * process of it is left: the host's clock may be as slow, and this one as fast, as clocks get.
 */
export const waitMs = Math.ceil(
  (leaseLimits.leaseMs / (1 - leaseLimits.maxDrift) + leaseLimits.killMs) * (1 + leaseLimits.maxDrift),
);
