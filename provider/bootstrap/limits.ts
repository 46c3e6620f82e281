/** Bounds of a bootstrap, milliseconds. */
export const limits = {
  examineMs: 30_000,
  /** The kit over a slow line: 60 MB at 1 Mbit/s. */
  sendMs: 600_000,
  /** The agent's own limits for a start or an upgrade, and something more. */
  agentMs: 120_000,
  removeMs: 60_000,
} as const;
