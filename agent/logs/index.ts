/**
 * Output of instances, as conmon writes it to files: read from the end or over time, followed over rotation, rotated.
 *
 * Invariant: reading and rotating keep at most a chunk and a line in memory, whatever the size of a log, and a follower
 * misses no line that rotation leaves. It does not write lines, and it keeps none beyond the bounds of its instance.
 */
export { readLog } from "./read.ts";
export { type ReopenLog, type RotatedLog, rotateLogs } from "./rotate.ts";
export { type LogLine, type LogQuery, logLimits } from "./types.ts";
