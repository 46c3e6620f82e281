/** Bounds of a login. Times in milliseconds, sizes in bytes. */
export const limits = {
  /** From the first packet to the end of the login, for each machine on the way. */
  connectMs: 10_000,
  /** A machine that says nothing for `keepAliveMs` is asked for a sign of life; `keepAlives` without one, and it is lost. */
  keepAliveMs: 5_000,
  keepAlives: 3,
  /** From the wish to run a command to its start: an sshd that answers signs of life may be stuck all the same. */
  startMs: 20_000,
  /** Kept of each of a command's outputs, the end of it. */
  outputBytes: 1024 * 1024,
  /** Of what a command complained, in a message. */
  shownBytes: 2_000,
  /** To find out how root's rights are had. */
  privilegeMs: 20_000,
} as const;
