/** What one instance takes, or a host has. */
export interface Item {
  readonly cores: number;
  readonly memory: number;
}

/** Steps of one search; a batch that takes more counts with what is proven until then, to our disadvantage. */
const mostSteps = 400_000;

/**
 * The fewest hosts of one size that take all items, by branch and bound: each larger count is tried until the items
 * fit. `most` hosts are known to be enough.
 */
export function hostsNeeded(items: readonly Item[], room: Item, most: number): number {
  const share = ({ cores, memory }: Item) => Math.max(cores / room.cores, memory / room.memory);
  const sorted = [...items].sort((a, b) => share(b) - share(a));
  for (let count = leastBySum(items, room); count < most; count++) {
    const found = search(sorted, room, count);
    if (found !== "no") return count;
  }
  return most;
}

function leastBySum(items: readonly Item[], room: Item): number {
  const sum = (amount: (item: Item) => number) => items.reduce((total, item) => total + amount(item), 0);
  return Math.max(
    Math.ceil(sum(({ cores }) => cores) / room.cores),
    Math.ceil(sum(({ memory }) => memory) / room.memory),
  );
}

/** Whether they fit on so many hosts; `unknown` when it took too long to tell. */
function search(items: readonly Item[], room: Item, count: number): "yes" | "no" | "unknown" {
  const cores = new Array<number>(count).fill(room.cores);
  const memory = new Array<number>(count).fill(room.memory);
  let steps = 0;
  const place = (at: number): boolean => {
    const item = items[at];
    if (item === undefined) return true;
    if (steps++ > mostSteps) return false;
    const tried = new Set<string>();
    for (let host = 0; host < count; host++) {
      const [freeCores = 0, freeMemory = 0] = [cores[host], memory[host]];
      if (item.cores > freeCores || item.memory > freeMemory) continue;
      // Two hosts with the same room are the same host.
      const state = `${freeCores} ${freeMemory}`;
      if (tried.has(state)) continue;
      tried.add(state);
      cores[host] = freeCores - item.cores;
      memory[host] = freeMemory - item.memory;
      if (place(at + 1)) return true;
      cores[host] = freeCores;
      memory[host] = freeMemory;
    }
    return false;
  };
  if (place(0)) return "yes";
  return steps > mostSteps ? "unknown" : "no";
}
