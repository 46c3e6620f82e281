/**
 * A login on another machine by SSH: commands with streams in and out, root's rights, jump hosts.
 * Invariant: a machine is talked to only once its host key was compared with the pinned or the recorded one; no secret
 * is on a command line, in a file there, or in a message. Every wait has a limit, named in limits.ts.
 * It knows nothing of agents, and keeps no file there: uploads go to a command's standard input.
 */
export { connect } from "./connect.ts";
export { whereOf } from "./failures.ts";
export { fingerprintOf } from "./host-keys.ts";
export { limits as sshLimits } from "./limits.ts";
export { pinTo } from "./pin.ts";
export { placeOf } from "./places.ts";
export { quote, shellLine } from "./quote.ts";
export type { ConnectOptions, HostKeys, Login, Opened, Outcome, RunOptions, Ssh, Target } from "./types.ts";
