import { ConstellationError } from "../../contract/index.ts";
import type { Cache } from "./cache.ts";

/** Throws `unreadable` for a record that is in the store and was left out: it is not absent, and nobody may take its place. */
export function requireReadable(store: Pick<Cache, "unreadable">, key: string, action: string): void {
  const left = store.unreadable().find((one) => one.key === key);
  if (left === undefined) return;
  const fix =
    "upgrade the agent if a newer one wrote it, or restore a backup; what it describes is left as it is";
  throw new ConstellationError("unreadable", `${action}: the store's ${left.reason}; ${fix}`);
}
