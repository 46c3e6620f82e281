import { getHeapStatistics, setFlagsFromString } from "node:v8";

const bounds = {
  lookMs: 5_000,
  /** In bytes. A host, and a server of some dozen hosts, hold half of it. */
  large: 32 * 1024 ** 2,
} as const;

/**
 * An agent is started so that its heap stays small (`--optimize-for-size`, see tools/build/programs.mjs): V8 collects again and again
 * what little there is. With all of a large cluster in it that takes a third of a processor, so from then on the heap may
 * grow before it is collected; until it is small again.
 */
export function fitHeap(signal: AbortSignal): void {
  let isLarge = false;
  const look = () => {
    const used = getHeapStatistics().used_heap_size;
    const next = used > (isLarge ? bounds.large / 2 : bounds.large);
    if (next === isLarge) return;
    isLarge = next;
    setFlagsFromString(isLarge ? "--no-optimize-for-size" : "--optimize-for-size");
  };
  const looking = setInterval(look, bounds.lookMs).unref();
  signal.addEventListener("abort", () => clearInterval(looking), { once: true });
}
