import { ConstellationError } from "../../contract/index.ts";
import type { Store } from "../store/index.ts";
import type { Leadership } from "./loop.ts";

/** The same store, written to by the leader alone: every commit compares the epoch, and throws `conflict` once it was raised. */
export function asLeader(store: Store, { term }: Pick<Leadership, "term">): Store {
  return {
    ...store,
    async commit(writes, unchanged = []) {
      const own = term();
      if (own) return await store.commit(writes, [...unchanged, own]);
      throw new ConstellationError("conflict", "write to the store: another server leads now; ask it");
    },
  };
}
