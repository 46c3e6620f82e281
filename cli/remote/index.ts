/**
 * The API of an agent on another machine, through the ssh command of whoever calls.
 * Invariant: who may log in, and whether the machine is the right one, is ssh's to decide; nothing of it is kept here.
 */
export type { Remote } from "./dial.ts";
export { remote } from "./remote.ts";
