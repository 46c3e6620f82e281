import type { Compare, Entry, Write } from "../../store/index.ts";

/** Bytes as base64, 64-bit numbers as text, what is zero, false or empty left out (protobuf's JSON mapping). */
export interface Pair {
  readonly key: string;
  readonly value?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
}

interface Header {
  readonly revision: string;
  readonly member_id: string;
}

export interface HeaderAnswer {
  readonly header: Header;
}

export interface RangeAnswer extends HeaderAnswer {
  readonly kvs?: readonly Pair[];
  readonly more?: boolean;
}

export interface TxnAnswer extends HeaderAnswer {
  readonly succeeded?: boolean;
}

export interface StatusAnswer extends HeaderAnswer {
  readonly leader?: string;
  readonly raftTerm?: string;
  readonly isLearner?: boolean;
}

export interface WatchAnswer {
  readonly canceled?: boolean;
  readonly compact_revision?: string;
  readonly events?: readonly {
    readonly type?: "PUT" | "DELETE";
    readonly kv: Pair;
    readonly prev_kv?: Pair;
  }[];
}

/** A pair as the store knows it; revisions fit a double for some thousand years. */
export function entryOf({ key, value = "", create_revision, mod_revision }: Pair): Entry {
  return {
    key: decoded(key),
    value: decoded(value),
    createRevision: Number(create_revision ?? 0),
    modRevision: Number(mod_revision ?? 0),
  };
}

export function compareOf({ key, modRevision }: Compare): object {
  return { key: encoded(key), result: "EQUAL", target: "MOD", mod_revision: String(modRevision) };
}

export function operationOf(write: Write): object {
  return "put" in write
    ? { request_put: { key: encoded(write.put), value: encoded(write.value) } }
    : { request_delete_range: { key: encoded(write.remove) } };
}

/** The keys with a prefix, behind `after` where that is given: the first of those is `after` and one more byte. */
export function rangeOf(
  prefix: string,
  after?: string,
): { readonly key: string; readonly range_end: string } {
  const first = after === undefined ? prefix : `${after}\0`;
  return { key: encoded(first === "" ? everything : first), range_end: prefixEnd(prefix).toString("base64") };
}

export const decoded = (base64: string) => Buffer.from(base64, "base64").toString("utf8");

const encoded = (text: string) => Buffer.from(text).toString("base64");
/** As a first key: every key; as the end: to the last one. */
const everything = "\0";

function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix === "" ? everything : prefix);
  if (prefix !== "") end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  return end;
}
