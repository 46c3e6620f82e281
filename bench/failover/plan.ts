import type { Role } from "./types.ts";

/** Every second kill is one of a server, every second one of these the leader. */
export const planKills = (runs: number): Role[] =>
  Array.from({ length: runs }, (_, run) => (run % 2 === 0 ? "host" : run % 4 === 1 ? "leader" : "server"));
