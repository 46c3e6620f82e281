/** Every bound of an instance's life. Times in milliseconds. */
export const instanceLimits = {
  /** Images, mounts and containers made at once; more only queue in the kernel. */
  startsAtOnce: 4,
  stopsAtOnce: 8,
  /** From "out of traffic" to the stop signal, at least: the routes of other hosts move meanwhile. */
  drainMs: 150,
  /** At most, where this host's own routes have not moved by then. */
  drainMaxMs: 10_000,
  /** And at most, but no longer than its grace, while somebody waits for its answers. */
  answersMaxMs: 5_000,
  /** Between two looks whether somebody does. */
  answersLookMs: 100,
  /** After SIGKILL: a process that the kernel cannot end by then is removed by force. */
  killMs: 5_000,
  restartDelayMaxMs: 30_000,
  /** After the first failed pull; doubles each time up to `restartDelayMaxMs`. */
  pullDelayMs: 1_000,
  /** Between two words about how far a pull is. */
  progressMs: 250,
  /** A failed removal is tried again after this. */
  removeAgainMs: 2_000,
  /** The loop looks at everything at least this often, woken or not. */
  passMs: 1_000,
  /** And by the clock alone, no more often than this. */
  minPauseMs: 10,
  /** Every process is checked against the process table at least this often: a monitor may have been killed. */
  lookMs: 3_000,
  /** Far above what is usual: a probe that hangs holds its place until its timeout. */
  probesAtOnce: 256,
  /** Commands cost some milliseconds of processor each to start. */
  commandProbesAtOnce: 32,
  reportAgainMs: 1_000,
  /** Health that could not be watched is watched again after this. */
  watchAgainMs: 1_000,
  /** How long a report waits for what else changes: many starts at once are one write to the store. */
  gatherMs: 10,
  /** And from one report to the next. */
  reportRestMs: 50,
  /** The same for news of starts while more are under way: each report names all instances of this host. */
  sharedReportMs: 200,
  /** A state on the way to running is reported when it lasts this long. */
  passingMs: 100,
  /** A file of the image that is read to resolve names. */
  userFileBytes: 1024 * 1024,
  symbolicLinks: 40,
  /** In memory: bundles, secrets, config files of all instances of this host. */
  runtimeBytes: 256 * 1024 * 1024,
} as const;
