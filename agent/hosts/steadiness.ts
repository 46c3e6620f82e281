/** When a host comes and goes too often; times in milliseconds. */
export const steadinessLimits = {
  /** This many times silent ... */
  absences: 4,
  /** ... within this, and a host gets nothing new ... */
  windowMs: 5 * 60_000,
  /** ... until it has answered for so long without a break. */
  steadyMs: 60_000,
} as const;

/** When it fell silent, each time; oldest first. What is older than a window counts no more. */
export type Absences = readonly number[];

/** After it fell silent once more. Pure. */
export function noteAbsence(absences: Absences, nowMs: number): Absences {
  const { windowMs, steadyMs } = steadinessLimits;
  // Kept for as long as they can matter: the last one may still be waited out when the first leaves the window.
  return [...absences.filter((at) => nowMs - at < windowMs + steadyMs), nowMs].slice(-kept);
}

/** Far more than matter: a host that comes and goes every second. */
const kept = 16;

/**
 * How often a host fell silent lately, where that is too often for it to get anything new; undefined: it may. Pure.
 * `readySinceMs`: since when it has answered without a break; undefined while it does not.
 */
export function unsteadiness(
  absences: Absences,
  readySinceMs: number | undefined,
  nowMs: number,
): number | undefined {
  const { absences: most, windowMs, steadyMs } = steadinessLimits;
  const last = absences.at(-1);
  if (last === undefined) return undefined;
  // Counted back from the last one: as time goes by, only being steady makes a host steady.
  const recent = absences.filter((at) => last - at < windowMs).length;
  if (recent < most) return undefined;
  if (readySinceMs !== undefined && nowMs - readySinceMs >= steadyMs) return undefined;
  return recent;
}
