/** One file of a report. */
export interface ReportFile {
  readonly name: string;
  readonly text: string;
  /** What of it was left out, and why. */
  readonly note?: string;
}

/** One that could not be had. */
export interface Failure {
  readonly name: string;
  readonly failure: string;
}

export type Collected = ReportFile | Failure;
