/** Items of several streams, each in order by itself, as one in order; holds one item a stream. */
export async function* mergeSorted<T>(
  streams: readonly AsyncIterable<T>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let least: { at: number; value: T } | undefined;
      for (const [at, head] of heads.entries()) {
        if (head.done) continue;
        if (least === undefined || compare(head.value, least.value) < 0) least = { at, value: head.value };
      }
      if (least === undefined) return;
      yield least.value;
      const iterator = iterators[least.at];
      if (iterator) heads[least.at] = await iterator.next();
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}
