/**
 * Several streams read as one: past lines merged in order, live ones gathered over a moment and then put in order.
 * Invariant: memory is bounded; a reader that is slow slows the sources down.
 */
export { gather } from "./gather.ts";
export {
  followedLines,
  type Group,
  type InstanceLine,
  instanceLines,
  type LogQuery,
  pastLines,
} from "./log-lines.ts";
export { mergeSorted } from "./merge.ts";
