import { ConstellationError, type Event, limits } from "../../contract/index.ts";
import { createQueue } from "../lib/queue.ts";
import { families, type Store } from "../store/index.ts";
import { eventsOf } from "./derive.ts";

/** An event and the cursor behind it: a stream that continues after the cursor misses nothing. */
export interface Sent {
  readonly id: number;
  readonly event: Event;
}

export interface EventQuery {
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
  /** Starts with this many past events. */
  readonly tail: number;
  readonly follow: boolean;
  /** Continues after this cursor instead. */
  readonly after?: number | undefined;
}

export interface Feed {
  /** Tells what is not stored: progress, and that a revision was looked at. */
  tell(event: Event): void;
  /**
   * `open` once it is known that the query can be answered, then the events. Throws before that: `compacted` when the
   * cursor is too old, or none of this store.
   */
  stream(query: EventQuery, signal: AbortSignal): AsyncIterable<"open" | Sent>;
  close(): void;
}

/** Events not yet taken by a slow client; it is cut off then and resumes from its cursor. */
const waitingEvents = 5_000;

/** Derives events from the store's changes, keeps the last ones, and hands them to any number of streams. */
export function createFeed(store: Store, now: () => Date): Feed {
  const kept: Sent[] = history(store);
  const listeners = new Set<(sent: readonly Sent[]) => void>();

  const unsubscribe = store.subscribe((set) => {
    publish(numbered(eventsOf(set, now().toISOString()), set.revision));
  });

  function publish(sent: readonly Sent[]) {
    if (sent.length === 0) return;
    kept.push(...sent);
    kept.splice(0, kept.length - limits.eventsKept);
    for (const listener of [...listeners]) listener(sent);
  }

  return {
    tell: (event) => publish([{ id: store.revision(), event }]),
    close: unsubscribe,

    async *stream(query, signal) {
      const queue = createQueue<Sent>(waitingEvents);
      const listener = (sent: readonly Sent[]) => {
        if (!sent.every(queue.push)) queue.close();
      };
      const close = () => queue.close();
      listeners.add(listener);
      signal.addEventListener("abort", close, { once: true });
      try {
        const from = store.revision();
        const wanted = ({ event }: Sent) => matches(event, query);
        if (query.after === undefined) {
          yield "open";
          yield* lastOf(kept.filter(wanted), query.tail);
        } else {
          for await (const sent of since(query.after, from, signal)) {
            if (sent === "open" || wanted(sent)) yield sent;
          }
        }
        if (!query.follow || signal.aborted) return;
        for await (const sent of queue) {
          if (signal.aborted) return;
          if (wanted(sent)) yield sent;
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener("abort", close);
      }
    },
  };

  /** What happened after a cursor up to a revision, read again from the store's own history. */
  async function* since(cursor: number, upTo: number, signal: AbortSignal): AsyncIterable<"open" | Sent> {
    if (cursor > upTo) {
      const reason = `the store is at ${upTo}, the cursor is of another one; list again`;
      throw new ConstellationError("compacted", `follow events after ${cursor}: ${reason}`);
    }
    if (cursor === upTo) return yield "open";
    const stop = new AbortController();
    let isOpen = false;
    try {
      for await (const set of store.replay(cursor + 1, AbortSignal.any([signal, stop.signal]))) {
        // The store refuses a cursor that is too old in place of its first answer.
        if (!isOpen) yield "open";
        isOpen = true;
        if (set.revision > upTo) return;
        yield* numbered(eventsOf(set, now().toISOString()), set.revision);
        if (set.revision >= upTo) return;
      }
    } finally {
      stop.abort();
    }
  }
}

/** Only behind the last event of a revision is the revision done: the ones before carry the cursor of the one before. */
function numbered(events: readonly Event[], revision: number): Sent[] {
  return events.map((event, index) => ({ id: index === events.length - 1 ? revision : revision - 1, event }));
}

/** After a restart the decisions of old are all that is known of the past. */
function history(store: Store): Sent[] {
  return store
    .list(families.history)
    .flatMap(({ key, record, modRevision }) => {
      const [, namespace = "", , service = ""] = key.split("/");
      return record.entries.map(
        ({ message, at }): Sent => ({
          id: modRevision,
          event: { type: "decision", namespace, service, message, at },
        }),
      );
    })
    .sort((a, b) => (a.event.at < b.event.at ? -1 : 1))
    .slice(-limits.eventsKept);
}

const lastOf = <T>(items: readonly T[], count: number) => (count === 0 ? [] : items.slice(-count));

function matches(event: Event, { namespace, service }: EventQuery): boolean {
  if (event.type === "host") return namespace === undefined && service === undefined;
  const about = event.type === "instance" ? event.instance : event;
  if (namespace !== undefined && about.namespace !== namespace) return false;
  if (service === undefined) return true;
  return "service" in about ? about.service === service : about.kind === "Service" && about.name === service;
}
