import { isDeepStrictEqual } from "node:util";
import type { Assignment } from "./types.ts";

type At = Pick<Assignment, "revision" | "lineage">;

/** Whether one was derived before another, of the same store: a server that is behind may tell it. Pure. */
export function isBefore(one: At, other: At | undefined): boolean {
  const isSameStore = one.lineage !== undefined && one.lineage === other?.lineage;
  return isSameStore && other !== undefined && one.revision < other.revision;
}

/** Whether both say the same, whenever each was derived. Pure. */
export function isSameBesideRevision(one: Assignment | undefined, other: Assignment): boolean {
  return one !== undefined && isDeepStrictEqual({ ...one, revision: 0 }, { ...other, revision: 0 });
}
