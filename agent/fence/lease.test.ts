import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { deadlineOf, leaseLimits, waitMs } from "./lease.ts";

const { maxDrift, leaseMs, killMs } = leaseLimits;

/** A clock that runs at its own rate and began at its own time; real times are in milliseconds. */
const clock = fc
  .record({
    rate: fc.double({ min: 1 - maxDrift, max: 1 + maxDrift, noNaN: true }),
    offset: fc.double({ min: 0, max: 1e9, noNaN: true }),
  })
  .map(({ rate, offset }) => ({
    at: (real: number) => offset + real * rate,
    takes: (ms: number) => ms / rate,
  }));

/** Real times, each step after the one before: the proof began, the beat was sent, the server answered, it arrived. */
const heartbeat = fc
  .record({
    proofMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    sentAfterMs: fc.double({ min: -20_000, max: 20_000, noNaN: true }),
    answeredAfterMs: fc.double({ min: 0, max: 30_000, noNaN: true }),
  })
  .map(({ proofMs, sentAfterMs, answeredAfterMs }) => {
    const sentMs = proofMs + sentAfterMs;
    return { proofMs, sentMs, answeredMs: Math.max(proofMs, sentMs) + answeredAfterMs };
  });

/** When the guard's last kill is over, in real time; by a proof that has grown old nothing was confirmed. */
function endOf(
  beat: { proofMs: number; sentMs: number; answeredMs: number },
  host: { at(real: number): number; takes(ms: number): number },
  server: { at(real: number): number },
): number {
  const ageMs = server.at(beat.answeredMs) - server.at(beat.proofMs);
  if (ageMs >= leaseMs) return 0;
  const deadline = deadlineOf({ sentMs: host.at(beat.sentMs), ageMs });
  return beat.sentMs + host.takes(deadline - host.at(beat.sentMs)) + killMs;
}

test("nothing runs a wait after its last confirmation, by whatever clock within the bound the same server measures", () => {
  fc.assert(
    fc.property(heartbeat, clock, clock, (beat, host, server) => {
      const replacedMs = beat.answeredMs + server.takes(waitMs);
      expect(replacedMs).toBeGreaterThanOrEqual(endOf(beat, host, server) - 1e-3);
    }),
  );
});

test("nor a wait after another server took over, which was not before the old one's last proof began", () => {
  const takeover = fc.double({ min: 0, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(heartbeat, takeover, clock, clock, clock, (beat, afterMs, host, old, next) => {
      const replacedMs = beat.proofMs + afterMs + next.takes(waitMs);
      expect(replacedMs).toBeGreaterThanOrEqual(endOf(beat, host, old) - 1e-3);
    }),
  );
});

test("a host hears of at most a lease from when it asked, and of less where the proof is old", () => {
  expect(deadlineOf({ sentMs: 5_000, ageMs: 0 })).toBe(5_000 + leaseMs);
  expect(deadlineOf({ sentMs: 5_000, ageMs: 700 })).toBe(5_000 + leaseMs - 700);
});
