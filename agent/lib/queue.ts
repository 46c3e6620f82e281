/** A first-in first-out channel with a bound, from callbacks to an async loop. */
export interface Queue<T> extends AsyncIterable<T> {
  /** False, and nothing is kept, when it is full or closed. */
  push(item: T): boolean;
  /** What was pushed before is still handed out. */
  close(): void;
}

export function createQueue<T>(capacity: number): Queue<T> {
  const items: T[] = [];
  let closed = false;
  let wake: (() => void) | undefined;
  return {
    push(item) {
      if (closed || items.length >= capacity) return false;
      items.push(item);
      wake?.();
      return true;
    },
    close() {
      closed = true;
      wake?.();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        while (items.length > 0) yield items.shift() as T;
        if (closed) return;
        await new Promise<void>((resolve) => (wake = resolve));
        wake = undefined;
      }
    },
  };
}
