import { createPulse } from "../lib/pulse.ts";
import { families, type Store } from "../store/index.ts";
import { decide, type HostState, livenessLimits } from "./liveness.ts";
import { type Absences, noteAbsence, unsteadiness } from "./steadiness.ts";

export interface HostWatch {
  /** A heartbeat came. `skewMs`: how far its clock is ahead of ours. */
  heard(name: string, skewMs: number, isDiskFull?: boolean): void;
  /** Its agent hung up; it may be back in a moment. */
  hungUp(name: string): void;
  /** Whether its agent is heard: sooner known than what becomes of the host, which lives on without it. */
  isAnswering(name: string): boolean;
  stateOf(name: string): HostState;
  /** The same, for how long it has been in it, and what else keeps new instances away. */
  conditionOf(name: string): Condition;
  /** How far its clock was ahead of ours when it was heard last; undefined: never heard. */
  skewOf(name: string): number | undefined;
  /** Calls back after a host's state has changed, or whether it gets anything new; gives what ends that. */
  subscribe(listener: (host: string) => void): () => void;
  /** For how long nothing was heard of these hosts here, in milliseconds; of those that were ever heard. */
  silences(names: readonly string[]): Record<string, number>;
  /** Resolves after the abort. */
  readonly running: Promise<void>;
}

export interface Condition {
  readonly state: HostState;
  readonly sinceMs: number;
  /** It comes and goes: nothing new is for it until it has been steady for a while. */
  readonly absences?: number;
  readonly isDiskFull?: true;
}

export interface WatchOptions {
  readonly store: Store;
  /** This machine, which answers as long as it asks. */
  readonly self: string;
  readonly isOwnDiskFull: () => boolean;
  readonly onChange: (change: { name: string; state: HostState; silentMs: number }) => void;
  /** A host's disk has become full, or has room again. */
  readonly onDisk: (change: { name: string; state: HostState; isDiskFull: boolean }) => void;
  /** For how long the other servers did not hear these hosts, each answer as it comes; never rejects. */
  readonly askOthers: (
    names: readonly string[],
    tell: (silences: Readonly<Record<string, number>>) => void,
  ) => void;
  readonly signal: AbortSignal;
}

interface Known {
  silentMs: number;
  /** The same for another server that hears it better; as we listen ourselves. */
  elsewhereMs: number;
  wasHeard: boolean;
  state: HostState;
  isOneOfMany: boolean;
  /** When it entered it, by `performance.now()`. */
  enteredMs: number;
  /** When its agent hung up, and was not heard since. */
  hungUpMs?: number | undefined;
  skewMs?: number;
  /** By the same clock. */
  absences: Absences;
  isUnsteady: boolean;
  isDiskFull: boolean;
}

/** Nobody has said that it hears it. */
const silent = { silentMs: 0, elsewhereMs: Number.POSITIVE_INFINITY };

/**
 * Follows whether the hosts are heard. Silence is what we spent listening: a tick that comes late, since this process had no
 * time or the machine slept, counts for no more than two, so that our own trouble makes no host suspect.
 */
export function watchHosts(options: WatchOptions): HostWatch {
  const { store, self, isOwnDiskFull, onChange, onDisk, askOthers, signal } = options;
  const hosts = new Map<string, Known>();
  const listeners = new Set<(host: string) => void>();
  let wasOwnDiskFull = false;

  function keepUp(): void {
    const names = new Set(store.list(families.host).map(({ record }) => record.name));
    for (const name of names) if (name !== self && !hosts.has(name)) hosts.set(name, newlyKnown(false));
    for (const name of hosts.keys()) if (!names.has(name)) hosts.delete(name);
  }

  function apply(): void {
    const hearings = [...hosts].map(([name, known]) => {
      const { silentMs, elsewhereMs, wasHeard } = known;
      const isHeard = wasHeard || elsewhereMs !== Number.POSITIVE_INFINITY;
      return { name, ...known, silentMs: Math.min(silentMs, elsewhereMs), wasHeard: isHeard };
    });
    for (const [name, { state, isOneOfMany }] of decide(hearings, 1)) {
      const known = hosts.get(name);
      if (known) known.isOneOfMany = isOneOfMany;
      if (known === undefined || known.state === state) continue;
      if (known.state === "ready") known.absences = noteAbsence(known.absences, performance.now());
      known.state = state;
      known.enteredMs = performance.now();
      onChange({ name, state, silentMs: known.silentMs });
      tell(name);
    }
    for (const [name, known] of hosts) {
      const isUnsteady = absencesOf(known) !== undefined;
      if (known.isUnsteady && !isUnsteady) tell(name);
      known.isUnsteady = isUnsteady;
    }
  }

  /** Of a machine that is alone nobody asks: its instances have nowhere else to go. */
  function lookAtOwnDisk(): void {
    const isDiskFull = hosts.size > 0 && isOwnDiskFull();
    if (isDiskFull === wasOwnDiskFull) return;
    wasOwnDiskFull = isDiskFull;
    onDisk({ name: self, state: "ready", isDiskFull });
    tell(self);
  }

  function tell(host: string): void {
    for (const listener of [...listeners]) listener(host);
  }

  /** A host that this server alone does not hear is not lost: what it reports comes by another one. */
  function ask(): void {
    const names = [...hosts].filter(([, { silentMs }]) => silentMs >= livenessLimits.askMs);
    if (names.length === 0) return;
    askOthers(
      names.map(([name]) => name),
      (silences) => {
        for (const [name, ms] of Object.entries(silences)) {
          const known = hosts.get(name);
          if (known) known.elsewhereMs = Math.min(known.elsewhereMs, ms);
        }
        apply();
      },
    );
  }

  async function listen(): Promise<void> {
    const pulse = createPulse();
    // Of a machine that is alone nothing is to be heard: only a change may bring somebody.
    const unsubscribe = store.subscribe(() => hosts.size === 0 && pulse.fire());
    keepUp();
    let last = performance.now();
    let askedAt = last;
    while (!signal.aborted) {
      await pulse.wait(signal, hosts.size === 0 ? undefined : livenessLimits.tickMs);
      const now = performance.now();
      const elapsed = Math.min(now - last, 2 * livenessLimits.tickMs);
      last = now;
      keepUp();
      for (const known of hosts.values()) {
        known.silentMs += elapsed;
        known.elsewhereMs += elapsed;
      }
      if (now - askedAt >= livenessLimits.askAgainMs) {
        askedAt = now;
        ask();
      }
      apply();
      lookAtOwnDisk();
    }
    unsubscribe();
  }

  return {
    heard(name, skewMs, isDiskFull = false) {
      const known = hosts.get(name) ?? newlyKnown(true);
      hosts.set(name, { ...known, silentMs: 0, wasHeard: true, hungUpMs: undefined, skewMs, isDiskFull });
      if (known.state !== "ready") apply();
      if (known.isDiskFull === isDiskFull) return;
      onDisk({ name, state: known.state, isDiskFull });
      tell(name);
    },
    hungUp(name) {
      const known = hosts.get(name);
      if (known) known.hungUpMs = performance.now();
    },
    isAnswering(name) {
      const { state = "ready", hungUpMs } = hosts.get(name) ?? {};
      const isBack = hungUpMs === undefined || performance.now() - hungUpMs < livenessLimits.backMs;
      return state === "ready" && isBack;
    },
    conditionOf(name) {
      const known = hosts.get(name) ?? newlyKnown(true);
      const absences = absencesOf(known);
      const sinceMs = performance.now() - known.enteredMs;
      const isDiskFull = name === self ? wasOwnDiskFull : known.isDiskFull;
      return {
        ...{ state: known.state, sinceMs },
        ...(absences !== undefined && { absences }),
        ...(isDiskFull && { isDiskFull }),
      };
    },
    stateOf: (name) => hosts.get(name)?.state ?? "ready",
    silences: (names) =>
      Object.fromEntries(
        names.flatMap((name) => {
          const known = hosts.get(name);
          return known?.wasHeard ? [[name, Math.round(known.silentMs)]] : [];
        }),
      ),
    skewOf: (name) => hosts.get(name)?.skewMs,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    running: listen(),
  };
}

function newlyKnown(wasHeard: boolean): Known {
  const enteredMs = performance.now();
  const verdict = { state: "ready", isOneOfMany: false } as const;
  return { ...silent, ...verdict, wasHeard, enteredMs, absences: [], isUnsteady: false, isDiskFull: false };
}

function absencesOf({ state, enteredMs, absences }: Known): number | undefined {
  return unsteadiness(absences, state === "ready" ? enteredMs : undefined, performance.now());
}
