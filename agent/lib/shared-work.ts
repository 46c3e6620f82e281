/** Work that several wait for at once, by a key: the first begins it, and it is ended once nobody waits any more. */
export type ShareWork<News> = (
  key: string,
  work: (signal: AbortSignal, tell: (news: News) => void) => Promise<void>,
  wait: { readonly onProgress?: (news: News) => void; readonly signal?: AbortSignal },
) => Promise<void>;

interface Shared<News> {
  readonly finished: Promise<void>;
  readonly listeners: Set<(news: News) => void>;
  readonly ending: AbortController;
}

/** @param stop ends all of it. A waiter whose own signal aborts gets that signal's reason. */
export function createShareWork<News>(stop: AbortSignal): ShareWork<News> {
  const underWay = new Map<string, Shared<News>>();

  return async (key, work, { onProgress = () => {}, signal }) => {
    signal?.throwIfAborted();
    const listener = (news: News) => onProgress(news);
    const shared = underWay.get(key) ?? begin(key, work);
    shared.listeners.add(listener);
    try {
      await untilAborted(shared.finished, signal);
    } finally {
      shared.listeners.delete(listener);
      if (shared.listeners.size === 0) end(key, shared);
    }
  };

  function begin(key: string, work: Parameters<ShareWork<News>>[1]): Shared<News> {
    const ending = new AbortController();
    const listeners = new Set<(news: News) => void>();
    const finished = work(AbortSignal.any([stop, ending.signal]), (news) => {
      for (const listener of listeners) listener(news);
    });
    finished.catch(() => {}); // Told to those who wait; all of them may have gone.
    const shared = { finished, listeners, ending };
    underWay.set(key, shared);
    return shared;
  }

  function end(key: string, shared: Shared<News>): void {
    if (underWay.get(key) === shared) underWay.delete(key);
    shared.ending.abort();
  }
}

async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
