import { createPulse } from "../lib/pulse.ts";
import { families, type Store } from "../store/index.ts";
import { decide, type HostState, livenessLimits } from "./liveness.ts";

export interface HostWatch {
  /** A heartbeat came. `skewMs`: how far its clock is ahead of ours. */
  heard(name: string, skewMs: number): void;
  stateOf(name: string): HostState;
  /** The same, and for how long it has been in it. */
  conditionOf(name: string): { readonly state: HostState; readonly sinceMs: number };
  /** How far its clock was ahead of ours when it was heard last; undefined: never heard. */
  skewOf(name: string): number | undefined;
  /** Calls back after a host's state has changed; gives what ends that. */
  subscribe(listener: () => void): () => void;
  /** Resolves after the abort. */
  readonly running: Promise<void>;
}

export interface WatchOptions {
  readonly store: Store;
  /** This machine, which answers as long as it asks. */
  readonly self: string;
  readonly onChange: (change: { name: string; state: HostState; silentMs: number }) => void;
  readonly signal: AbortSignal;
}

interface Known {
  silentMs: number;
  wasHeard: boolean;
  state: HostState;
  /** When it entered it, by `performance.now()`. */
  enteredMs: number;
  skewMs?: number;
}

/**
 * Follows whether the hosts are heard. Silence is what we spent listening: a tick that comes late, since this process had no
 * time or the machine slept, counts for no more than two, so that our own trouble makes no host suspect.
 */
export function watchHosts({ store, self, onChange, signal }: WatchOptions): HostWatch {
  const hosts = new Map<string, Known>();
  const listeners = new Set<() => void>();

  function keepUp(): void {
    const names = new Set(store.list(families.host).map(({ record }) => record.name));
    for (const name of names)
      if (name !== self && !hosts.has(name))
        hosts.set(name, { silentMs: 0, wasHeard: false, state: "ready", enteredMs: performance.now() });
    for (const name of hosts.keys()) if (!names.has(name)) hosts.delete(name);
  }

  function apply(): void {
    const hearings = [...hosts].map(([name, known]) => ({ name, ...known }));
    for (const [name, state] of decide(hearings, 1)) {
      const known = hosts.get(name);
      if (known === undefined || known.state === state) continue;
      known.state = state;
      known.enteredMs = performance.now();
      onChange({ name, state, silentMs: known.silentMs });
      for (const listener of [...listeners]) listener();
    }
  }

  async function listen(): Promise<void> {
    const pulse = createPulse();
    // Of a machine that is alone nothing is to be heard: only a change may bring somebody.
    const unsubscribe = store.subscribe(() => hosts.size === 0 && pulse.fire());
    keepUp();
    let last = performance.now();
    while (!signal.aborted) {
      await pulse.wait(signal, hosts.size === 0 ? undefined : livenessLimits.tickMs);
      const now = performance.now();
      const elapsed = Math.min(now - last, 2 * livenessLimits.tickMs);
      last = now;
      keepUp();
      for (const known of hosts.values()) known.silentMs += elapsed;
      apply();
    }
    unsubscribe();
  }

  return {
    heard(name, skewMs) {
      const known = hosts.get(name) ?? { state: "ready" as const, enteredMs: performance.now() };
      hosts.set(name, { ...known, silentMs: 0, wasHeard: true, skewMs });
      if (known.state !== "ready") apply();
    },
    conditionOf(name) {
      const { state, enteredMs } = hosts.get(name) ?? { state: "ready", enteredMs: performance.now() };
      return { state, sinceMs: performance.now() - enteredMs };
    },
    stateOf: (name) => hosts.get(name)?.state ?? "ready",
    skewOf: (name) => hosts.get(name)?.skewMs,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    running: listen(),
  };
}
