export interface Rates {
  /** Each, a second. */
  readonly perSecond: number;
  /** The time of each of them; empty where only all together were timed. */
  readonly ms: readonly number[];
}

export interface Packing {
  /** Hosts used, summed over the batches. */
  readonly ours: number;
  readonly bestFitDecreasing: number;
  readonly optimum: number;
  /** Batches in which ours used more than best-fit-decreasing. */
  readonly worse: number;
}

export interface Sizes {
  readonly hosts: number;
  readonly instances: number;
}

export interface Figures {
  readonly sizes: Sizes;
  readonly decisions: Rates;
  readonly naive: Rates;
  /** One pass over a cluster where nothing is to be done. */
  readonly settledPassMs: number;
  readonly commits: Rates;
  readonly puts: Rates;
  readonly packing: Packing;
  readonly batches: number;
}
