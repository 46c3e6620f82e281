import { type Constraint, quantityBytes } from "../../contract/index.ts";

type Facts = Readonly<Record<string, string>>;

/** Whether a host is what a constraint asks for. A host without the key is in no set and beyond no bound. */
export function satisfies({ key, operator, values = [] }: Constraint, facts: Facts): boolean {
  const value = facts[key];
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    default:
      return value !== undefined && orders[operator](compareAmounts(value, values[0] ?? ""));
  }
}

const orders = {
  Gt: (order: number) => order > 0,
  Gte: (order: number) => order >= 0,
  Lt: (order: number) => order < 0,
  Lte: (order: number) => order <= 0,
} as const;

/** In words: `zone in a, b`. */
export function sayConstraint({ key, operator, values = [] }: Constraint): string {
  return `${key} ${words[operator]}${values.length > 0 ? ` ${values.join(", ")}` : ""}`;
}

const words: Readonly<Record<Constraint["operator"], string>> = {
  In: "in",
  NotIn: "not in",
  Exists: "to be set",
  DoesNotExist: "not to be set",
  Gt: "above",
  Gte: "at least",
  Lt: "below",
  Lte: "at most",
};

/** Numbers and quantities by amount; anything else, like `6.1.0-13-amd64`, by the numbers it begins with. NaN where neither is one. */
function compareAmounts(one: string, other: string): number {
  const [a, b] = [one, other].map(quantityBytes);
  // `5.10` is a number, and so is `5.9`: with a second part they are versions.
  const areVersions = [one, other].some((text) => /^\d+\.\d+\./.test(text)) || [one, other].every(isVersion);
  if (a !== undefined && b !== undefined && !areVersions) return a - b;
  return compareVersions(one, other);
}

const isVersion = (text: string) => /^\d+\.\d+$/.test(text);

function compareVersions(one: string, other: string): number {
  const [a = [], b = []] = [one, other].map((text) => /^\d+(\.\d+)*/.exec(text)?.[0].split(".").map(Number));
  if (a.length === 0 || b.length === 0) return Number.NaN;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = (a[at] ?? 0) - (b[at] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}
