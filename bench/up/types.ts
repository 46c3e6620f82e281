/** What is timed: the first `up` of a program, and one that finds nothing to change. */
export const phases = ["first", "noop"] as const;
export type Phase = (typeof phases)[number];

export const contenders = ["constellation", "empty-provider"] as const;
export type Contender = (typeof contenders)[number];

/** One `pulumi up`. */
export interface Sample {
  readonly contender: Contender;
  readonly phase: Phase;
  readonly seconds: number;
}
