/** Runs at most `limit` of the given works at once, the others in the order they came. */
export function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = limit;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((admitted) => waiting.push(admitted));
    try {
      return await work();
    } finally {
      // The slot goes straight to the next in line, so nobody overtakes.
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
