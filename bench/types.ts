/** One figure beside one peer's: a line of `--json`. */
export interface Comparison {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** Who does the same; `goal` where nobody does and a figure was promised, `none` without either. */
  readonly peer: string;
  /** null without a peer. */
  readonly peerValue: number | null;
  /** Above 1: ours is the better one. null without a peer. */
  readonly ratio: number | null;
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

/** A number that a user may choose: `--NAME`. */
export interface Knob {
  readonly about: string;
  readonly usual: number;
  /** Takes parts of one, too. */
  readonly divisible?: true;
}

export type Knobs = Readonly<Record<string, Knob>>;

export interface RunOptions<K extends Knobs = Knobs> {
  readonly knobs: { readonly [Name in keyof K]: number };
  /** Told what goes on, for people: a phrase without a line's end. */
  readonly onProgress: (phrase: string) => void;
}

/** Measures us and our peers side by side, in one run. */
export interface Benchmark<K extends Knobs = Knobs> {
  readonly name: string;
  readonly summary: string;
  readonly knobs: K;
  /** Rejects with what to do about it where this machine cannot run it. */
  run(options: RunOptions<K>): Promise<Report>;
}

/** The knob of benchmarks that repeat one thing. */
export function runsKnob(usual: number): Knob {
  return { about: "how often each side is measured", usual };
}
