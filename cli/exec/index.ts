/**
 * This side of a command that runs inside an instance: its input, its output, its terminal.
 * Invariant: the terminal is as it was when it ends, however it ends. Which instance it is, is decided elsewhere.
 */
export { type Attendance, attend } from "./attend.ts";
export { jsonOutput } from "./json-output.ts";
export { enterRawTerminal } from "./raw-terminal.ts";
