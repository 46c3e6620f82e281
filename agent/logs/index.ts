/**
 * Output of instances, as conmon writes it to files and cuts it: read from the end or over time, followed over cuts, put
 * away file by file.
 *
 * Invariant: reading and rotating keep at most a chunk and a line in memory, whatever the size of a log, and a follower
 * misses no line that is kept. A log never takes more than its bounds on disk, also while no agent runs: its writer
 * drops what is too much. It does not write lines itself.
 */
export { cutBytes, type LogBounds } from "./bound.ts";
export { readLog } from "./read.ts";
export { beginLog, type RotatedLog, rotateLogs } from "./rotate.ts";
export { type LogLine, type LogQuery, logLimits } from "./types.ts";
