import type { Violation } from "../errors.ts";
import type { Field } from "./field.ts";
import { joinPath, touches } from "./paths.ts";
import type { Resource } from "./resource.ts";
import { isRecord, UNKNOWN } from "./unknown.ts";

/** Mistakes that are told at once; whoever makes more is helped by the first ones. */
export const mostTold = 100;

/** What surrounds the values of one check. */
export interface Surroundings {
  /** Paths whose value is unknown or already known to be wrong. */
  readonly holes: ReadonlySet<string>;
  /** Whether the value at a path must not be quoted. */
  readonly isSecret: (path: string) => boolean;
}

/**
 * Runs a resource's rules across fields on a copy in which holes hold stand-ins of their field's type, and leaves
 * out what is said near a hole. `inputs` have their defaults filled in.
 */
export function crossViolations(
  resource: Resource,
  inputs: Readonly<Record<string, unknown>>,
  { holes, isSecret }: Surroundings,
): readonly Violation[] {
  const run = (hide: (path: string, value: unknown) => unknown) => {
    const copy = standInObject(resource.fields.inputs, inputs, "", { holes, hide });
    return guarded(resource, copy, holes).filter(
      ({ path }) => ![...holes].some((hole) => touches(path, hole)),
    );
  };
  const violations = run((_path, value) => value).slice(0, mostTold);
  if (violations.length === 0) return violations;
  const blurred = run(blur(isSecret));
  return violations.map((violation) => withoutSecrets(violation, blurred));
}

/** A rule may trip over a stand-in; then what it would say concerns a hole anyway. */
function guarded(
  resource: Resource,
  copy: Record<string, unknown>,
  holes: ReadonlySet<string>,
): readonly Violation[] {
  try {
    return resource.crossCheck?.(copy) ?? [];
  } catch (error) {
    if (holes.size === 0) throw error;
    return [];
  }
}

/** Equal secrets look equal, and none looks like itself. */
function blur(isSecret: (path: string) => boolean) {
  const numbers = new Map<unknown, number>();
  return (path: string, value: unknown) => {
    if (typeof value !== "string" || !isSecret(path)) return value;
    const number = numbers.get(value) ?? numbers.size + 1;
    numbers.set(value, number);
    return `(secret ${number})`;
  };
}

/** Keeps a reason that is the same without the secrets, else takes the one that was found without them. */
function withoutSecrets(violation: Violation, blurred: readonly Violation[]): Violation {
  const alike = blurred.filter(({ path }) => path === violation.path);
  const same = alike.find(({ reason }) => reason === violation.reason) ?? alike[0];
  return (
    same ?? {
      path: violation.path,
      reason: "does not go with other fields; a secret is among them and not shown",
    }
  );
}

interface Copying {
  readonly holes: ReadonlySet<string>;
  readonly hide: (path: string, value: unknown) => unknown;
}

function standInObject(
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
  path: string,
  copying: Copying,
): Record<string, unknown> {
  const entries = fields.flatMap((field): [string, unknown][] => {
    const at = joinPath(path, field.key);
    const value = Object.hasOwn(given, field.key) ? given[field.key] : undefined;
    if (value === undefined && !copying.holes.has(at)) return [];
    return [[field.key, standIn(field, value, at, copying)]];
  });
  return Object.fromEntries(entries);
}

function standIn(field: Field, value: unknown, path: string, copying: Copying): unknown {
  if (value === UNKNOWN || copying.holes.has(path)) return blank(field, path);
  const { item, fields } = field;
  if (field.kind === "list" && item && Array.isArray(value)) {
    return value.map((entry, index) => standIn(item, entry, joinPath(path, index), copying));
  }
  if (field.kind === "map" && item && isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, standIn(item, entry, joinPath(path, key), copying)]),
    );
  }
  if (field.kind === "object" && fields && isRecord(value))
    return standInObject(fields, value, path, copying);
  return copying.hide(path, value);
}

/** Of the right type, equal to nothing else. */
function blank(field: Field, path: string): unknown {
  switch (field.kind) {
    case "string":
      return `unknown ${path}`;
    case "integer":
    case "number":
      return Number.NaN;
    case "boolean":
      return false;
    case "list":
      return [];
    case "map":
    case "object":
      return {};
  }
}
