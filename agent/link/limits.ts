/** Times in milliseconds, sizes in bytes. */
export const linkLimits = {
  /** Until the other machine says anything. The kernel asks it again after 1, 3 and 7 s: whoever dials anew finds it sooner. */
  reachMs: 1_500,
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
  /** What a host that was removed may still be told. */
  farewellMs: 1_000,
  /** Between two lines of the log about the same refused machine, and how many of them are told apart. */
  refusalMs: 60_000,
  refusalsKept: 256,
} as const;
