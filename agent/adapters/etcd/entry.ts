import type { IKeyValue } from "etcd3";
import type { Entry } from "../../store/index.ts";

/** A pair as the store knows it; revisions fit a double for some thousand years. */
export function entryOf(pair: IKeyValue): Entry {
  return {
    key: pair.key.toString(),
    value: pair.value.toString(),
    createRevision: Number(pair.create_revision),
    modRevision: Number(pair.mod_revision),
  };
}
