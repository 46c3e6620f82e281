/** What the workload is limited to, by every contender: cores, bytes, processes. */
export const workloadLimits = { cpu: 1, memoryBytes: 64 * 2 ** 20, pids: 128 };

/** The folder with the socket for arrivals, as the workload sees it, and its one argument. */
export const mountPoint = "/bench";
export const workloadCommand = ["/workload", `${mountPoint}/arrivals.sock`] as const;
/** The same program, keeping every processor busy. */
export const burnCommand = ["/workload", "burn"] as const;
