import { ConstellationError } from "../../contract/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { type Hold, readHolds, writeHolds } from "./file.ts";
import { type Confirmation, leaseLimits } from "./lease.ts";
import { type Heard, hear, mayRunUntil, refusal, type Terms } from "./terms.ts";

export interface HoldsPorts {
  /** What the guard watches. */
  readonly file: string;
  readonly bootId: string;
  /** Milliseconds on the boot clock. */
  readonly now: () => number;
  /** Whether a guard runs that keeps deadlines. */
  readonly isGuarded: () => boolean;
  readonly onTrouble: (error: unknown) => void;
}

/** The instances of this host that may run only while servers confirm them. */
export interface Holds {
  /** A server has answered a heartbeat. `sentMs`: when that was sent, on the boot clock. `isStranded`: it is cut off itself. */
  heard(sentMs: number, confirmation?: Confirmation, isStranded?: boolean): void;
  /** Whether anything waits for servers' words. */
  isNeeded(): boolean;
  /** Calls back when something more does, which a word of a server may come of before that returns. */
  onNeed(callback: () => void): void;
  /** Resolves once it may start. Rejects with the signal's reason. `onWait`: it has to wait, and why. */
  untilGranted(id: string, terms: Terms, signal: AbortSignal, onWait: (why: string) => void): Promise<void>;
  /** From now on the guard ends it at its deadline. The same again changes nothing; other terms take the place of its own. */
  hold(id: string, terms: Terms): void;
  /** Throws where it must not begin to run now; nothing happens for one that is not held. */
  requireGranted(id: string): void;
  /** Whether its time is up: then the guard ends it, if it has not done so. */
  isOverdue(id: string): boolean;
  /** The same, or it was up a moment ago. */
  wasOverdue(id: string): boolean;
  /** Nothing of it is left. */
  release(id: string): void;
}

/** Until the end of one that the guard has killed is noticed, in milliseconds, by the next agent if need be. */
const noticeMs = 10_000;

/** Goes on where the agent before this one, on the same boot, has ended. */
export function openHolds(ports: HoldsPorts): Holds {
  const { file, bootId, now } = ports;
  const left = readHolds(file, bootId);
  const held = new Map<string, Terms>(left);
  let heard = heardBefore(left, now());
  let waiting = 0;
  /** When their time was found to be up. */
  const overdue = new Map<string, number>();
  const news = createListeners();
  let tellNeed = () => {};

  function write(): void {
    const holds = new Map<string, Hold>();
    for (const [id, terms] of held) holds.set(id, { ...terms, deadlineMs: mayRunUntil(id, terms, heard) });
    writeHolds(file, bootId, holds);
  }
  const lateReason = (id: string, terms: Terms) => refusal(id, terms, heard, now());
  const why = (id: string, terms: Terms) =>
    ports.isGuarded()
      ? lateReason(id, terms)
      : "no guard runs here that could end it in time; bring the agent up anew: constellation-agent up";

  function isOverdue(id: string): boolean {
    const terms = held.get(id);
    return terms !== undefined && lateReason(id, terms) !== undefined;
  }
  function noteOverdue(): void {
    for (const id of held.keys()) if (isOverdue(id)) overdue.set(id, now());
  }
  noteOverdue();

  return {
    heard(sentMs, { ids, ageMs } = { ids: [], ageMs: 0 }, isStranded = false) {
      noteOverdue();
      heard = hear(heard, { sentMs, ids, ageMs, isStranded });
      try {
        if (held.size > 0) write();
      } catch (error) {
        ports.onTrouble(error); // The guard goes by what it read last.
      }
      news.tell();
    },

    isNeeded: () => waiting > 0 || held.size > 0,
    onNeed(callback) {
      tellNeed = callback;
    },

    async untilGranted(id, terms, signal, onWait) {
      waiting += 1;
      try {
        // Once: what is heard at once wakes all that wait, who would ask and wake each other for ever.
        tellNeed();
        let told: string | undefined;
        for (;;) {
          signal.throwIfAborted();
          const reason = why(id, terms);
          if (reason === undefined) return;
          if (reason !== told) onWait(reason);
          told = reason;
          await news.next(signal, leaseLimits.startMs);
        }
      } finally {
        waiting -= 1;
      }
    },

    hold(id, terms) {
      const before = held.get(id);
      if (before && isSame(before, terms)) return;
      held.set(id, terms);
      tellNeed();
      write();
    },

    requireGranted(id) {
      const terms = held.get(id);
      const reason = terms && why(id, terms);
      if (reason !== undefined) throw new ConstellationError("unreachable", `start ${id}: ${reason}`);
    },

    isOverdue,
    wasOverdue: (id) => isOverdue(id) || now() - (overdue.get(id) ?? Number.NEGATIVE_INFINITY) < noticeMs,

    release(id) {
      overdue.delete(id);
      if (held.delete(id)) write();
    },
  };
}

/** What the deadlines on disk were written from. Where they do not say, time counts from now: it is no reason to stop anything. */
function heardBefore(left: ReadonlyMap<string, Hold>, nowMs: number): Heard {
  let anyMs = Number.NEGATIVE_INFINITY;
  const confirmed = new Map<string, number>();
  for (const [id, { isExclusive, stopAfterMs, deadlineMs }] of left) {
    if (isExclusive) confirmed.set(id, deadlineMs);
    if (stopAfterMs !== undefined) anyMs = Math.max(anyMs, deadlineMs - stopAfterMs);
  }
  return { anyMs: Number.isFinite(anyMs) ? anyMs : nowMs, confirmed };
}

const isSame = (a: Terms, b: Terms) => a.isExclusive === b.isExclusive && a.stopAfterMs === b.stopAfterMs;

/** Several may wait for the same news. */
function createListeners() {
  const pulses = new Set<ReturnType<typeof createPulse>>();
  return {
    tell() {
      for (const pulse of pulses) pulse.fire();
    },
    async next(signal: AbortSignal, timeoutMs: number) {
      const pulse = createPulse();
      pulses.add(pulse);
      await pulse.wait(signal, timeoutMs);
      pulses.delete(pulse);
    },
  };
}
