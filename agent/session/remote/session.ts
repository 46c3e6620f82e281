import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { ConstellationError, errorTable } from "../../../contract/index.ts";
import { ask, linkLimits, openStream, readLines } from "../../link/index.ts";
import type { Assignment, HostSession, Observation } from "../types.ts";
import { message, paths, wireLimits } from "../wire.ts";
import type { Link } from "./link.ts";
import type { Links } from "./links.ts";
import { createTold } from "./told.ts";

export interface RemoteSessionOptions {
  readonly links: Links;
  /** Where the servers are, as they say now. */
  readonly onServers: (servers: readonly string[]) => void;
  /** The stream of assignments broke; the next one is on its way. */
  readonly onTrouble: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** The session of a host that is no server: over a link to whichever server answers. */
export function createRemoteSession({
  links,
  onServers,
  onTrouble,
  signal,
}: RemoteSessionOptions): HostSession {
  const placing = new Set<() => void>();
  let latest: { observation: Observation; isStored: boolean } | undefined;
  let sending: Promise<void> | undefined;
  let reports = 0;

  async function* follow(until: AbortSignal): AsyncGenerator<Assignment> {
    const link = await links.current();
    const over = AbortSignal.any([until, link.over]);
    try {
      yield* told(link, over);
    } finally {
      // Where this comes to an end though the link lasts, the server has no use of its store: another one may.
      links.avoid(link);
    }
  }

  async function* told(link: Link, over: AbortSignal): AsyncGenerator<Assignment> {
    const wish = JSON.stringify({ changes: true });
    const { body } = await openStream(link.session, paths.assignments, over, wish);
    const take = createTold();
    // A server that lost its state, and got it back from a backup, knows nothing of what was reported.
    if (latest) send({ ...latest, isStored: false }).catch(onTrouble);
    for await (const line of readLines(body, linkLimits.lineBytes)) {
      const news = message.parse(line);
      if ("placing" in news) {
        for (const tell of placing) tell();
        continue;
      }
      const complete = take(news);
      if (complete === undefined) continue;
      onServers(complete.servers);
      yield complete.assignment;
    }
  }

  function send(next: NonNullable<typeof latest>): Promise<void> {
    latest = next;
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  /** What is reported while another report is under way is sent after it, once for all. */
  async function sendAll(): Promise<void> {
    const pauses = createPauses();
    while (latest && !latest.isStored) {
      const current = latest;
      try {
        const link = await links.current();
        await ask(link.session, paths.observation, current.observation, z.object({}));
        current.isStored = true;
        pauses.reset();
      } catch (error) {
        const isPassing = error instanceof ConstellationError && errorTable[error.code].retryable;
        if (signal.aborted || !isPassing) throw error;
        await delay(pauses.next(), undefined, { signal });
      }
    }
  }

  return {
    onPlacing: (callback) => void placing.add(callback),

    async *assignments(until) {
      const pauses = createPauses();
      let told: string | undefined;
      while (!until.aborted && !signal.aborted) {
        try {
          for await (const assignment of follow(until)) {
            pauses.reset();
            told = undefined;
            yield assignment;
          }
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          if (message !== told && !until.aborted && !signal.aborted) onTrouble(error);
          told = message;
        }
        await delay(pauses.next(), undefined, { signal: until }).catch(() => undefined);
      }
    },

    report: (observation) => send({ observation: { ...observation, count: ++reports }, isStored: false }),

    progress(instance, text) {
      const told = { instance, message: text };
      links
        .current()
        .then((link) => ask(link.session, paths.progress, told, z.object({})))
        .catch(() => undefined); // Lost without harm.
    },
  };
}

/** Between tries that fail: doubled each time. */
function createPauses() {
  let ms: number = wireLimits.firstPauseMs;
  return {
    next() {
      const now = ms;
      ms = Math.min(2 * ms, wireLimits.longestPauseMs);
      return now;
    },
    reset() {
      ms = wireLimits.firstPauseMs;
    },
  };
}
