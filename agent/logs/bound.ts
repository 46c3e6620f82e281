/** What is kept of a log, as its user asks for it. */
export interface LogBounds {
  /** Of one file. */
  readonly maxBytes: number;
  /** The one being written included. */
  readonly maxFiles: number;
}

/**
 * Where the writer itself cuts its file and begins the next: all files together stay within `maxBytes` times `maxFiles`
 * also while nobody looks. Between a cut and the look after it there is one file more than `maxFiles`, so each is that
 * much smaller. Of a single file nothing is kept at a cut.
 */
export function cutBytes({ maxBytes, maxFiles }: LogBounds): number {
  return maxFiles === 1 ? maxBytes : Math.floor((maxBytes * maxFiles) / (maxFiles + 1));
}
