import { ConstellationError } from "../../contract/index.ts";
import {
  families,
  type HostRecord,
  keys,
  type Put,
  type Removal,
  type Store,
  type Stored,
} from "../store/index.ts";

const attempts = 5;

/** Throws `not-found`. */
export function expectHost(store: Store, name: string): Stored<HostRecord> {
  const stored = store.get(families.host, keys.host(name));
  if (stored) return stored;
  throw new ConstellationError("not-found", `find host ${name}: there is none; list them with hosts`);
}

/** Whether it was written; false: something changed in between, and another attempt is due. Attempts count from 1. */
export async function committed(
  store: Store,
  writes: readonly (Put | Removal)[],
  attempt: number,
): Promise<boolean> {
  try {
    await store.commit(writes);
    return true;
  } catch (error) {
    const again = error instanceof ConstellationError && error.code === "conflict";
    if (!again || attempt >= attempts) throw error;
    return false;
  }
}
