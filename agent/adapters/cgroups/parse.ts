/** Version 1 writes "no limit" as the largest number of whole pages. */
const unlimitedFrom = 2 ** 60;

/** Throws where it is none: a file that changed its meaning must not become a number. */
export function natural(text: string): number {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  throw new Error(`read a counter: "${trimmed.slice(0, 40)}" is no number`);
}

/** `usage_usec 4711` in lines of a name and a number; 0 where there is no such line. */
export function field(text: string, name: string): number {
  const [, value = "0"] = new RegExp(`^${name} (\\d+)$`, "m").exec(text) ?? [];
  return Number(value);
}

/** undefined: none. */
export function limit(text: string): number | undefined {
  if (text.trim() === "max") return undefined;
  const value = natural(text);
  return value >= unlimitedFrom ? undefined : value;
}
