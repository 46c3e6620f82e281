/** Every bound of the product that more than one side must know, named once. Sizes in bytes, times in milliseconds. */
export const limits = {
  /** Wanted instances of one service. */
  replicas: 10_000,
  /** One document as stored. */
  documentBytes: 256 * 1024,
  /** One key that lists placements or observations; more is split over numbered keys. */
  recordBytes: 64 * 1024,
  transactionOperations: 100,
  transactionBytes: 1024 * 1024,
  specRevisionsKept: 10,
  historyKept: 20,
  pageItems: 500,
  /** One image blob. */
  blobBytes: 8 * 1024 ** 3,
  portsPerContainer: 64,
  envPerContainer: 1_000,
  /** A Secret's or a ConfigFile's content. */
  contentBytes: 128 * 1024,
  eventStreams: 256,
  eventsKept: 2_000,
  logLineBytes: 64 * 1024,
  execSessions: 64,
  requestTimeoutMs: 30_000,
  /** How long a client keeps trying to reach an agent that is restarting. */
  connectTimeoutMs: 10_000,
  /** Between two server-sent comments on an idle event stream. */
  eventKeepAliveMs: 5_000,
} as const;
