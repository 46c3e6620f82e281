/** What the packet rules in the kernel say of instances. */
export interface WrittenRules {
  /** Addresses that may reach metadata endpoints. */
  readonly metadataReaders: ReadonlySet<string>;
  /** Ids of the instances that were known when they were written. */
  readonly instances: ReadonlySet<string>;
}

/** Holds a start back until the packet rules say of the instance what they should. */
export interface RulesGate {
  /** These are in the kernel now. */
  open(written: WrittenRules): void;
  /** Resolves once rules are in the kernel that are `right`; never after the signal aborts. */
  until(right: (written: WrittenRules) => boolean, signal: AbortSignal): Promise<void>;
}

export function createRulesGate(): RulesGate {
  let current: WrittenRules | undefined;
  const waiting = new Set<() => void>();

  return {
    open(written) {
      current = written;
      for (const look of [...waiting]) look();
    },
    async until(right, signal) {
      const settled = () => current !== undefined && right(current);
      if (settled()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (settled() && waiting.delete(look)) resolve();
      };
      waiting.add(look);
      signal.addEventListener("abort", () => waiting.delete(look), { once: true });
      await promise;
    },
  };
}
