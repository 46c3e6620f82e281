/** Times in milliseconds, sizes in bytes. */
export const linkLimits = {
  /** Until TLS is agreed on, and until an answer's head is there. */
  dialMs: 5_000,
  answerMs: 10_000,
  /** A request's body, but for streams. */
  bodyBytes: 64 * 1024,
  /** One line of a stream: an assignment with everything it names. */
  lineBytes: 64 * 1024 ** 2,
  /** Streams of one connection at once. */
  streams: 128,
  connections: 4_096,
  /** Of those who have no certificate: they can do nothing but join. */
  strangers: 32,
  /** And for no longer: whoever only holds a place keeps nobody from joining. */
  strangerMs: 30_000,
} as const;
