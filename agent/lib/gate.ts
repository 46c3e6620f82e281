/** Lets `limit` pieces of work run at once; the others wait their turn, first come first served. */
export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>;

export function createGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const following = waiting.shift();
      if (following) following();
      else running -= 1;
    }
  };
}
