/**
 * From counters to a table that is drawn again and again: rates between two samples, their order, the screen.
 * Invariant: pure but for the screen, which leaves the terminal as it was.
 */
export { type Usage, usageBetween } from "./rates.ts";
export { openScreen, type Screen } from "./screen.ts";
export { type SortKey, sorted, usageLines } from "./view.ts";
