import { quantile } from "../quantile.ts";

/** How a figure moves over time. */
export interface Trend {
  /** Medians of the first and the last third. */
  readonly first: number;
  readonly last: number;
  /** By least squares, in units an hour. */
  readonly perHour: number;
  /** Whether the last third is above the first by no more than the tolerance. */
  readonly isFlat: boolean;
}

/** Of what is measured after the warm-up: the first quarter of the time is left out. */
const warmUpShare = 0.25;

/** @param tolerance what the last third may be above the first one, in the figure's unit. */
export function trendOf(
  points: readonly { readonly atSeconds: number; readonly value: number }[],
  tolerance: number,
): Trend {
  const end = points.at(-1)?.atSeconds ?? 0;
  const warm = points.filter(({ atSeconds }) => atSeconds >= end * warmUpShare);
  const third = Math.max(1, Math.floor(warm.length / 3));
  const median = (some: typeof warm) =>
    quantile(
      some.map(({ value }) => value),
      0.5,
    );
  const [first, last] = [median(warm.slice(0, third)), median(warm.slice(-third))];
  return { first, last, perHour: slopeOf(warm) * 3_600, isFlat: last - first <= tolerance };
}

/** Least squares, in units a second. */
function slopeOf(points: readonly { readonly atSeconds: number; readonly value: number }[]): number {
  const count = points.length;
  const meanAt = points.reduce((sum, { atSeconds }) => sum + atSeconds, 0) / count;
  const mean = points.reduce((sum, { value }) => sum + value, 0) / count;
  const spread = points.reduce((sum, { atSeconds }) => sum + (atSeconds - meanAt) ** 2, 0);
  const common = points.reduce((sum, { atSeconds, value }) => sum + (atSeconds - meanAt) * (value - mean), 0);
  return spread === 0 ? 0 : common / spread;
}
