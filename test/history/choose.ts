import { pick, seeded } from "../../bench/schedule/random.ts";
import type { Operation } from "./types.ts";

export type Choice = Pick<Operation, "key" | "kind" | "ifMatch" | "value">;

/** What one client does next, by chance and by what it saw last. The same seed chooses alike. */
export interface Chooser {
  choose(): Choice;
  learn(operation: Pick<Operation, "key" | "found">): void;
  /** Any of some. */
  pick<T>(items: readonly T[]): T;
}

const shares = { get: 0.35, delete: 0.05 };

export function createChooser(client: number, keys: readonly string[], seed: number): Chooser {
  const random = seeded(seed * 1_000 + client);
  const seen = new Map<string, string | undefined>();
  let written = 0;
  return {
    pick: (items) => pick(random, items),
    choose() {
      const key = pick(random, keys);
      const etag = seen.get(key);
      const ifMatch = etag === undefined ? {} : { ifMatch: etag };
      const share = random();
      if (share < shares.get) return { key, kind: "get" };
      if (share < shares.get + shares.delete) return { key, kind: "delete", ...ifMatch };
      written += 1;
      return { key, kind: "put", ...ifMatch, value: `${client}-${written}` };
    },
    /** After a refusal, or without an answer, it knows nothing: its next put is a create. */
    learn: ({ key, found }) => void seen.set(key, found?.etag),
  };
}
