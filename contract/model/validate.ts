import type { Violation } from "../errors.ts";
import { commonInputs } from "./common.ts";
import { crossViolations, mostTold } from "./cross-check.ts";
import { fillDefaults } from "./defaults.ts";
import type { Field } from "./field.ts";
import { sayHidden, sayIssue } from "./messages.ts";
import { nearest } from "./nearest.ts";
import { comparePaths, formatPath, joinPath, type Segment, touches } from "./paths.ts";
import type { Resource } from "./resource.ts";
import { isRecord, UNKNOWN } from "./unknown.ts";

export { UNKNOWN } from "./unknown.ts";

export interface Checked {
  /** The inputs with defaults filled in, at every depth where the parent is given. */
  readonly inputs: Record<string, unknown>;
  /** Every mistake at once, in order of path; of very many the first ones. */
  readonly violations: readonly Violation[];
  /** Deprecated fields that are given, and what to use instead, in order of path. */
  readonly warnings: readonly Violation[];
}

/**
 * Checks a resource's inputs: unknown fields (with the nearest right name), types, ranges, formats, rules across
 * fields. Values may be `UNKNOWN` anywhere: issues at, under or above one are left out. Secret leaves are opened
 * before this; messages never quote the value of a field marked secret or listed in `secretPaths`.
 */
export function checkInputs(
  resource: Resource,
  given: Record<string, unknown>,
  options: { secretPaths?: ReadonlySet<string> } = {},
): Checked {
  const inputs = fillDefaults(resource.fields.inputs, given);
  const unknown = unknownPaths(inputs);
  const secret = [...(options.secretPaths ?? []), ...secretPathsOf(resource.fields.inputs, inputs)];
  const isSecret = (path: string) => secret.some((other) => touches(path, other));

  const found = fieldViolations(resource, inputs, isSecret).filter(
    ({ path, certain }) => certain || !unknown.some((other) => touches(path, other)),
  );
  const holes = new Set([...unknown, ...found.map(({ path }) => path)]);
  const across = found.length < mostTold ? crossViolations(resource, inputs, { holes, isSecret }) : [];
  return {
    inputs,
    violations: inOrder([...found.map(({ path, reason }) => ({ path, reason })), ...across]),
    warnings: inOrder(deprecations(resource.fields.inputs, inputs)),
  };
}

function inOrder(violations: readonly Violation[]): readonly Violation[] {
  return [...violations].sort((a, b) => comparePaths(a.path, b.path));
}

interface Found extends Violation {
  /** Says something about a name, not about a value: true even where the value is unknown. */
  readonly certain: boolean;
}

function fieldViolations(
  resource: Resource,
  inputs: Record<string, unknown>,
  isSecret: (path: string) => boolean,
): readonly Found[] {
  const { error } = resource.inputs.safeParse(inputs, { error: sayIssue, reportInput: true });
  return (error?.issues ?? []).slice(0, mostTold).flatMap((issue): Found[] => {
    const segments = issue.path as Segment[];
    const path = formatPath(segments);
    if (issue.code === "unrecognized_keys")
      return issue.keys.slice(0, mostTold).map((key) => noSuchField(resource, segments, key));
    if (issue.code === "invalid_key") {
      return [{ path, reason: issue.issues[0]?.message ?? issue.message, certain: true }];
    }
    return [{ path, reason: isSecret(path) ? sayHidden(issue) : issue.message, certain: false }];
  });
}

function noSuchField(resource: Resource, parent: readonly Segment[], key: string): Found {
  const siblings = siblingsAt(resource, parent).map((field) => field.key);
  const meant = nearest(key, siblings);
  return {
    path: joinPath(formatPath(parent), key),
    reason: meant === undefined ? "no such field" : `no such field; did you mean "${meant}"?`,
    certain: true,
  };
}

function siblingsAt(resource: Resource, parent: readonly Segment[]): readonly Field[] {
  const own = resource.fields.inputs;
  if (parent.length === 0) return [...own, ...commonInputs(resource)];
  let fields: readonly Field[] | undefined = own;
  let field: Field | undefined;
  for (const segment of parent) {
    field = fields ? fields.find(({ key }) => key === segment) : field?.item;
    fields = field?.fields;
  }
  return fields ?? [];
}

function unknownPaths(value: unknown, path = ""): string[] {
  if (value === UNKNOWN) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownPaths(item, joinPath(path, index)));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => unknownPaths(item, joinPath(path, key)));
}

function secretPathsOf(fields: readonly Field[], inputs: unknown): string[] {
  return givenFields(fields, inputs).flatMap(({ field, path }) => (field.meta.secret ? [path] : []));
}

function deprecations(fields: readonly Field[], inputs: unknown): Violation[] {
  return givenFields(fields, inputs).flatMap(({ field, path }) =>
    field.meta.deprecated === undefined ? [] : [{ path, reason: `deprecated: ${field.meta.deprecated}` }],
  );
}

/** Every declared field that holds a value, also those inside lists and maps. */
function givenFields(fields: readonly Field[], value: unknown, path = ""): { field: Field; path: string }[] {
  if (!isRecord(value)) return [];
  return fields.flatMap((field) =>
    Object.hasOwn(value, field.key) ? givenField(field, value[field.key], joinPath(path, field.key)) : [],
  );
}

function givenField(field: Field, value: unknown, path: string): { field: Field; path: string }[] {
  const { item } = field;
  const own = { field, path };
  if (field.fields) return [own, ...givenFields(field.fields, value, path)];
  if (item && Array.isArray(value)) {
    return [own, ...value.flatMap((entry, index) => givenField(item, entry, joinPath(path, index)))];
  }
  if (item && isRecord(value)) {
    return [
      own,
      ...Object.entries(value).flatMap(([key, entry]) => givenField(item, entry, joinPath(path, key))),
    ];
  }
  return [own];
}
