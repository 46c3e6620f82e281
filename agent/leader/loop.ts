import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { ConstellationError } from "../../contract/index.ts";
import { otherServersIn } from "../cluster/index.ts";
import { createPulse } from "../lib/pulse.ts";
import { type Compare, families, keys, type LeaderRecord, type Store } from "../store/index.ts";
import { decide, leaderLimits } from "./decide.ts";
import type { OtherServer, Standing } from "./types.ts";

export interface LeadershipPorts {
  readonly store: Store;
  readonly self: string;
  /** How the own member stands now; rejects where it does not answer. */
  readonly standing: () => Promise<Standing>;
  /** Whether a server is heard. */
  readonly isReady: (server: string) => boolean;
  readonly now: () => Date;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Leadership {
  /** What a commit of the leader compares; undefined where this agent does not lead. */
  term(): Compare | undefined;
  /** Who leads, by the store. */
  leader(): string | undefined;
  /** Whether nothing could be written here for longer than an election takes: what is read may be old. */
  isStranded(): boolean;
  /** Calls back after this agent has begun to lead or stopped it; gives what ends that. */
  subscribe(listener: () => void): () => void;
  /** Resolves after the abort. */
  readonly running: Promise<void>;
}

/** A server without others is raft's leader by itself. */
const alone: Standing = { isRaftLeader: true, hasQuorum: true };

/** Follows who leads, and takes over where it is this agent's turn. */
export function followLeadership(ports: LeadershipPorts): Leadership {
  const { store, self, isReady, now, log, signal } = ports;
  const others = otherServersIn(store, self);
  const listeners = new Set<() => void>();
  const pulse = createPulse();
  pulse.fire();
  const unsubscribe = store.subscribe(({ changes }) => {
    if (changes.some(({ key }) => key === keys.leader)) noteOvertaken();
    const isAbout = ({ key }: { key: string }) => key === keys.leader || key.startsWith(families.host.prefix);
    if (changes.some(isAbout)) pulse.fire();
  });
  /** The revision at which this agent named itself. */
  let own: number | undefined;
  let isResting = true;
  let overtakenAt: number | undefined;
  let quorateAt = performance.now();

  const current = () => store.get(families.leader, keys.leader);
  const isOurs = () => own !== undefined && current()?.modRevision === own;
  const term = () => (isOurs() && !isResting ? { key: keys.leader, modRevision: own ?? 0 } : undefined);

  function noteOvertaken(): void {
    // While it takes over itself, `own` is still of the term before.
    if (own === undefined || isOurs() || current()?.record.server === self) return;
    own = undefined;
    overtakenAt = performance.now();
    log.warn({ server: current()?.record.server }, "another server leads now");
    tell();
  }

  function tell(): void {
    for (const listener of [...listeners]) listener();
  }

  function rest(next: boolean): void {
    if (isResting === next) return;
    isResting = next;
    if (own !== undefined) tell();
  }

  function otherServers(): OtherServer[] {
    return others().map(({ name }) => ({ name, isReady: isReady(name) }));
  }

  async function look(): Promise<void> {
    const heard = otherServers();
    const standing = heard.length === 0 ? alone : await ports.standing().catch(() => undefined);
    if (standing?.hasQuorum) quorateAt = performance.now();
    // Whoever took over is heard: where it falls silent after that, it is no longer there.
    if (heard.some(({ name, isReady: isHeard }) => isHeard && name === current()?.record.server))
      overtakenAt = undefined;
    const decision = decide({
      ...{ self, standing, others: heard, record: current()?.record, isOurs: isOurs() },
      overtakenMs: overtakenAt === undefined ? undefined : performance.now() - overtakenAt,
    });
    if (decision === "take") await take();
    rest(decision === "rest");
  }

  async function take(): Promise<void> {
    const before = current();
    const record: LeaderRecord = {
      epoch: (before?.record.epoch ?? 0) + 1,
      server: self,
      lineage: before?.record.lineage ?? randomUUID(),
      at: now().toISOString(),
    };
    own = await store.commit([{ key: keys.leader, record, was: before?.modRevision }]);
    isResting = false;
    log.info({ epoch: record.epoch }, "this server leads");
    tell();
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await pulse.wait(signal, others().length === 0 ? undefined : leaderLimits.lookMs);
      if (signal.aborted) break;
      try {
        await look();
      } catch (error) {
        const isPassing =
          error instanceof ConstellationError && (error.code === "conflict" || error.code === "unreachable");
        if (!isPassing) log.error({ err: error }, "cannot take over");
        setTimeout(pulse.fire, leaderLimits.lookMs).unref();
      }
    }
    unsubscribe();
  }

  return {
    term,
    leader: () => current()?.record.server,
    isStranded: () => others().length > 0 && performance.now() - quorateAt > leaderLimits.strandedMs,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    running: follow(),
  };
}
