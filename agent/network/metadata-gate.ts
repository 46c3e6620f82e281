/** Holds a start back until the packet rules say of its address what they should of metadata endpoints. */
export interface MetadataGate {
  /** The rules in the kernel now let these addresses reach them, and no others. */
  open(readers: readonly string[]): void;
  /** Resolves once rules are in the kernel that let this address reach them, or do not; never after the signal aborts. */
  agrees(address: string, isReader: boolean, signal: AbortSignal): Promise<void>;
}

export function createMetadataGate(): MetadataGate {
  let current: ReadonlySet<string> | undefined;
  const waiting = new Set<() => void>();

  return {
    open(readers) {
      current = new Set(readers);
      for (const look of [...waiting]) look();
    },
    async agrees(address, isReader, signal) {
      const settled = () => current?.has(address) === isReader;
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
