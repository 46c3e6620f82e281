import { setTimeout as delay } from "node:timers/promises";
import { wireLimits } from "../wire.ts";
import { type Link, type LinkOptions, openLink } from "./link.ts";

export interface LinksOptions {
  /** `ADDRESS:PORT` of those known at first. */
  readonly servers: readonly string[];
  readonly credentials: () => LinkOptions["credentials"];
  readonly serve: LinkOptions["serve"];
  readonly bootClock: LinkOptions["bootClock"];
  readonly isDiskFull: LinkOptions["isDiskFull"];
  readonly onHeard: LinkOptions["onHeard"];
  /** A server cannot be reached, or is again; not twice the same. */
  readonly onChange: (server: string, trouble: Error | undefined) => void;
  readonly signal: AbortSignal;
}

export interface Links {
  /** The one in use, as long as it lasts, then another; waits until there is one. Rejects when the signal aborts. */
  current(): Promise<Link>;
  /** Those that answer now. */
  all(): readonly Link[];
  /** Another one is to be in use, where there is one: its server cannot do what is asked. */
  avoid(link: Link): void;
  /** Keeps links to these servers from now on. */
  follow(servers: readonly string[]): void;
  /** All anew, with the credentials of now. */
  redial(): void;
}

/** Keeps a link to every server: each of them must hear this host to know that it lives. */
export function keepLinks(options: LinksOptions): Links {
  const { signal } = options;
  const keeping = new Map<string, AbortController>();
  const open = new Set<Link>();
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  signal.addEventListener("abort", wake, { once: true });
  let used: Link | undefined;
  const links: Links = {
    async current() {
      for (;;) {
        signal.throwIfAborted();
        if (used === undefined || used.over.aborted) used = [...open].find(({ over }) => !over.aborted);
        if (used) return used;
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    all: () => [...open].filter(({ over }) => !over.aborted),
    avoid(link) {
      if (used === link) used = links.all().find((other) => other !== link) ?? link;
    },
    follow(servers) {
      for (const server of servers) if (!keeping.has(server)) begin(server);
      for (const [server, ending] of keeping) {
        if (servers.includes(server)) continue;
        ending.abort();
        keeping.delete(server);
      }
    },
    redial() {
      for (const link of open) link.close();
    },
  };
  links.follow(options.servers);
  return links;

  function begin(server: string): void {
    const ending = new AbortController();
    keeping.set(server, ending);
    void keep(server, AbortSignal.any([signal, ending.signal]));
  }

  /** Never rejects. */
  async function keep(server: string, until: AbortSignal): Promise<void> {
    let pauseMs: number = wireLimits.firstPauseMs;
    let told: string | undefined;
    while (!until.aborted) {
      try {
        const link = await openLink(server, { ...options, credentials: options.credentials() }, until);
        pauseMs = wireLimits.firstPauseMs;
        open.add(link);
        told = undefined;
        options.onChange(server, undefined);
        wake();
        await ended(link.over);
        open.delete(link);
      } catch (cause) {
        const trouble = cause instanceof Error ? cause : new Error(String(cause));
        if (!until.aborted && trouble.message !== told) options.onChange(server, trouble);
        told = trouble.message;
      }
      const chance = 0.5 + Math.random();
      await delay(pauseMs * chance, undefined, { signal: until }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, wireLimits.longestPauseMs);
    }
  }
}

function ended(over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) resolve();
    over.addEventListener("abort", () => resolve(), { once: true });
  });
}
