import type { Confirmation } from "./lease.ts";

/** In milliseconds. */
const bounds = {
  /** A leader asks five times a second who hears the hosts that it does not. */
  unheardMs: 2_000,
  /** The host's next heartbeat is due after 500. */
  patienceMs: 400,
} as const;

export interface RelayPorts {
  /** Who leads, by the store. */
  readonly leader: () => string | undefined;
  /** This server's own word; undefined where it does not lead. */
  readonly confirm: (host: string) => Confirmation | undefined;
  /** Whether anything on a host may run only by a leader's word. */
  readonly isAwaited: (host: string) => boolean;
  /** What that server says that may go on there; rejects where it does not answer. */
  readonly askLeader: (server: string, host: string, patienceMs: number) => Promise<Confirmation | undefined>;
  /** Milliseconds on the boot clock. */
  readonly now: () => number;
}

/** How the leader's word comes to a host that it does not hear, and that this server hears. */
export interface Relay {
  /** That server asked who hears these hosts. */
  noteUnheard(server: string, hosts: readonly string[]): void;
  /** For the answer to a heartbeat that has come by now: the leader answers after it was sent, so the deadline is no later. */
  confirm(host: string): Promise<Confirmation | undefined>;
}

export function createRelay({ leader, confirm, isAwaited, askLeader, now }: RelayPorts): Relay {
  let unheard: { readonly hosts: ReadonlySet<string>; readonly by: string; readonly at: number } | undefined;

  /** The leader, where it does not hear this host. */
  function leaderFor(host: string): string | undefined {
    const isRecent = unheard !== undefined && now() - unheard.at < bounds.unheardMs;
    if (!isRecent || unheard?.by !== leader() || !unheard?.hosts.has(host)) return undefined;
    return unheard.by;
  }

  return {
    noteUnheard(server, hosts) {
      if (server === leader()) unheard = { hosts: new Set(hosts), by: server, at: now() };
    },
    async confirm(host) {
      const own = confirm(host);
      const server = own === undefined ? leaderFor(host) : undefined;
      if (server === undefined || !isAwaited(host)) return own;
      // One that does not answer confirms nothing.
      return await askLeader(server, host, bounds.patienceMs).catch(() => undefined);
    },
  };
}
