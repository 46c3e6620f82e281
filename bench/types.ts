/** One figure beside one peer's: a line of `--json`. */
export interface Comparison {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string;
  readonly peerValue: number;
  /** Above 1: ours is the better one. */
  readonly ratio: number;
}

export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  /** First cell: whose row it is. */
  readonly rows: readonly (readonly string[])[];
  /** What a reader must know to trust the figures. */
  readonly notes: readonly string[];
}

export interface Report {
  readonly comparisons: readonly Comparison[];
  readonly table: Table;
}

export interface RunOptions {
  /** How often each side is measured. */
  readonly runs: number;
  /** Told what goes on, for people: a phrase without a line's end. */
  readonly onProgress: (phrase: string) => void;
}

/** Measures us and our peers side by side, in one run. */
export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  readonly usualRuns: number;
  /** Rejects with what to do about it where this machine cannot run it. */
  run(options: RunOptions): Promise<Report>;
}
