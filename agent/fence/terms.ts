import { deadlineOf, leaseLimits } from "./lease.ts";

/** On what an instance may run while its host is cut off. */
export interface Terms {
  /** Only while the leader confirms it. */
  readonly isExclusive: boolean;
  /** Only so long after a server was heard, in milliseconds. Absent: for ever. */
  readonly stopAfterMs?: number;
}

/** What a host knows of the servers' words; times by its boot clock. */
export interface Heard {
  /** When the last heartbeat was sent that any server answered which is not cut off itself. */
  readonly anyMs: number;
  /** The deadline of the leader's last word about each exclusive instance. */
  readonly confirmed: ReadonlyMap<string, number>;
}

/** What is known after a server's answer. Words may overtake each other: a deadline never becomes earlier. */
export function hear(
  before: Heard,
  answer: {
    readonly sentMs: number;
    readonly ids: readonly string[];
    readonly ageMs: number;
    readonly isStranded: boolean;
  },
): Heard {
  const deadline = deadlineOf(answer);
  // Those that are over for long are forgotten: nobody asks for them any more.
  const recent = [...before.confirmed].filter(([, until]) => until > answer.sentMs - leaseLimits.leaseMs);
  const confirmed = new Map(recent);
  for (const id of answer.ids) confirmed.set(id, Math.max(deadline, confirmed.get(id) ?? deadline));
  const anyMs = answer.isStranded ? before.anyMs : Math.max(before.anyMs, answer.sentMs);
  return { anyMs, confirmed };
}

/** Until when an instance may run. */
export function mayRunUntil(id: string, { isExclusive, stopAfterMs }: Terms, heard: Heard): number {
  const confirmed = isExclusive ? (heard.confirmed.get(id) ?? Number.NEGATIVE_INFINITY) : Infinity;
  return Math.min(confirmed, stopAfterMs === undefined ? Infinity : heard.anyMs + stopAfterMs);
}

/** Why an instance must not begin to run now; undefined: it may. */
export function refusal(id: string, terms: Terms, heard: Heard, nowMs: number): string | undefined {
  if (mayRunUntil(id, terms, heard) - nowMs >= leaseLimits.startMs) return undefined;
  return terms.isExclusive
    ? "it is exclusive, and no leader confirms that this host may run it"
    : "its host is cut off from the servers, and `disconnect.stopAfter` is over";
}
