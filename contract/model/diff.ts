import { commonInputs, commonOutputs } from "./common.ts";
import { fillDefaults } from "./defaults.ts";
import type { Field } from "./field.ts";
import { sameText } from "./format.ts";
import { comparePaths, joinPath } from "./paths.ts";
import type { Resource } from "./resource.ts";
import { isRecord, UNKNOWN } from "./unknown.ts";

/** One difference, at the deepest path that tells all of it: a whole object where all of it comes or goes. */
export interface Change {
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** It takes a new resource. */
  readonly replace: boolean;
}

/**
 * What differs between two inputs of a resource, in order of path. Absent is the same as the default; durations,
 * quantities and file modes are compared by value, lists by position, maps by key. An `UNKNOWN` in `news` differs
 * from everything. Common fields (`namespace`, `name`, `clusterId`) count where both sides give them, `cluster`
 * never does: whether it is another cluster only its id tells. Fields the tree does not know are left alone.
 */
export function diffInputs(
  resource: Resource,
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
): readonly Change[] {
  const own = resource.fields.inputs;
  const changes = objectChanges(own, fillDefaults(own, olds), fillDefaults(own, news), "", false);
  const replacing = new Set(resource.replaceWhenChanged);
  return [...changes, ...commonChanges(resource, olds, news)]
    .map((change) => ({ ...change, replace: change.replace || replacing.has(topKey(change.path)) }))
    .sort((a, b) => comparePaths(a.path, b.path));
}

function topKey(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? path;
}

function commonChanges(
  resource: Resource,
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
): Change[] {
  const fields = new Map(
    [...commonOutputs(resource), ...commonInputs(resource)].map((field) => [field.key, field]),
  );
  fields.delete("cluster");
  fields.delete("revision");
  return [...fields.values()].flatMap((field) => {
    const [old, wanted] = [olds[field.key] ?? undefined, news[field.key] ?? undefined];
    return old === undefined || wanted === undefined ? [] : changesAt(field, old, wanted, field.key, false);
  });
}

function objectChanges(
  fields: readonly Field[],
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
  path: string,
  replace: boolean,
): Change[] {
  return fields.flatMap((field) =>
    changesAt(field, own(olds, field.key), own(news, field.key), joinPath(path, field.key), replace),
  );
}

function changesAt(field: Field, old: unknown, wanted: unknown, path: string, within: boolean): Change[] {
  const replace = within || field.meta.replace === true;
  if (old === undefined && wanted === undefined) return [];
  if (old === undefined) return [{ path, kind: "add", replace: replace || holdsReplacing(field) }];
  if (wanted === undefined) return [{ path, kind: "delete", replace: replace || holdsReplacing(field) }];
  if (wanted === UNKNOWN) return [{ path, kind: "update", replace: replace || holdsReplacing(field) }];

  const { item, fields } = field;
  if (item && Array.isArray(old) && Array.isArray(wanted)) {
    const length = Math.max(old.length, wanted.length);
    const positions = Array.from({ length }, (_, index) => index);
    return positions.flatMap((at) => changesAt(item, old[at], wanted[at], joinPath(path, at), replace));
  }
  if (isRecord(old) && isRecord(wanted)) {
    if (fields) return objectChanges(fields, old, wanted, path, replace);
    if (item) {
      const keys = [...new Set([...Object.keys(old), ...Object.keys(wanted)])];
      return keys.flatMap((key) =>
        changesAt(item, own(old, key), own(wanted, key), joinPath(path, key), replace),
      );
    }
  }
  return sameLeaf(old, wanted, field) ? [] : [{ path, kind: "update", replace }];
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function holdsReplacing(field: Field): boolean {
  const inner = [...(field.fields ?? []), ...(field.item ? [field.item] : [])];
  return field.meta.replace === true || inner.some(holdsReplacing);
}

function sameLeaf(old: unknown, wanted: unknown, field: Field): boolean {
  if (typeof old === "string" && typeof wanted === "string") return sameText(old, wanted, field.meta.format);
  return old === wanted || (isRecord(old) && isRecord(wanted) && sameRecord(old, wanted));
}

/** Secret leaves by their content. */
function sameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => {
      const [left, right] = [own(a, key), own(b, key)];
      return left === right || (isRecord(left) && isRecord(right) && sameRecord(left, right));
    })
  );
}
