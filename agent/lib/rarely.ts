/** True for a key at most once in this time; of more keys than are remembered, the oldest count as new. */
export function createRarely(
  pauseMs: number,
  keysKept: number,
  clock: () => number = () => performance.now(),
): (key: string) => boolean {
  const told = new Map<string, number>();
  return (key) => {
    const now = clock();
    if (now - (told.get(key) ?? -Infinity) < pauseMs) return false;
    told.delete(key);
    told.set(key, now);
    for (const oldest of told.keys()) {
      if (told.size <= keysKept) break;
      told.delete(oldest);
    }
    return true;
  };
}
