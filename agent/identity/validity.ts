const hour = 60 * 60_000;
const day = 24 * hour;

/** In milliseconds. */
export const lifetimes = {
  authority: 3_650 * day,
  certificate: day,
  /** A clock of another machine may be behind by this much. */
  backdated: hour,
  /** How long after its end a certificate may still be exchanged for a new one: a machine that was off for weeks comes back. */
  exchange: 90 * day,
} as const;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export function validityFrom(now: Date, lifetimeMs: number): Validity {
  return {
    notBefore: new Date(now.getTime() - lifetimes.backdated),
    notAfter: new Date(now.getTime() + lifetimeMs),
  };
}

/** Half of its life is over: time for the next one, with as much left to try again in. */
export function isDueForRenewal({ notBefore, notAfter }: Validity, now: Date): boolean {
  const begun = notBefore.getTime() + lifetimes.backdated;
  return now.getTime() >= begun + (notAfter.getTime() - begun) / 2;
}
