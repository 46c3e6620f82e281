/** One line of output. `at`: RFC 3339, UTC. */
export interface LogLine {
  readonly at: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

export interface LogQuery {
  /** The last so many lines of what is there already. */
  readonly tail?: number;
  /** RFC 3339: skips older lines. */
  readonly since?: string;
  readonly follow: boolean;
}

/** Sizes in bytes, times in milliseconds. */
export const logLimits = {
  /** Read from a file at once. */
  chunkBytes: 64 * 1024,
  /** A line is cut into several past this; conmon itself cuts at 8 KiB and marks the pieces. */
  lineBytes: 64 * 1024,
  /** How soon a follower sees a new line where nothing wakes it. */
  pollMs: 200,
  /** A file that is rotated away under a reader so often is looked for no more. */
  rotationsInARow: 10,
  /** Between two looks whether a log was cut. */
  rotateMs: 2_000,
  /** The same, of a log that was just cut, or grew by this share of a file since the last look. */
  busyMs: 100,
  busyShare: 0.25,
} as const;
