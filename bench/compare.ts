import type { Comparison } from "./types.ts";

/** One figure, of which less is better, beside its peer's. Rounded to a thousandth: what is finer is noise. */
export function lessIsBetter(
  figure: Pick<Comparison, "bench" | "metric" | "unit" | "value">,
  peer?: { readonly name: string; readonly value: number },
): Comparison {
  const { bench, metric, unit, value } = figure;
  return {
    ...{ bench, metric, value: rounded(value), unit },
    peer: peer?.name ?? "none",
    peerValue: peer === undefined ? null : rounded(peer.value),
    ratio: peer === undefined ? null : rounded(peer.value / value),
  };
}

/** The same of a figure of which more is better. */
export function moreIsBetter(
  figure: Pick<Comparison, "bench" | "metric" | "unit" | "value">,
  peer: { readonly name: string; readonly value: number },
): Comparison {
  const compared = lessIsBetter(figure, peer);
  return { ...compared, ratio: rounded(figure.value / peer.value) };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
