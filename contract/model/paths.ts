/**
 * How a value inside a resource is named: `ports[0].publish`, `env.FOO`, and `files["a.conf"]` where a key holds
 * more than letters, digits, `_`, `$` and `-`. The same text is a Pulumi property path.
 */
export type Segment = string | number;

const plainKey = /^[\w$-]+$/;
const token = /\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[\]]+)/gy;

/** The path one step further in; the empty path is the resource itself. */
export function joinPath(path: string, segment: Segment): string {
  if (typeof segment === "number") return `${path}[${segment}]`;
  if (!plainKey.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === "" ? segment : `${path}.${segment}`;
}

export function formatPath(segments: readonly Segment[]): string {
  return segments.reduce<string>(joinPath, "");
}

/** The inverse of `formatPath`. What follows a malformed part is kept as one key. */
export function parsePath(path: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of path.matchAll(token)) {
    const [text, index, quoted, key] = match;
    segments.push(index !== undefined ? Number(index) : quoted !== undefined ? unquote(quoted) : (key ?? ""));
    end = match.index + text.length;
  }
  return end === path.length ? segments : [...segments, path.slice(end)];
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(`"${quoted}"`);
  } catch {
    // Not written by formatPath: take it as it stands.
    return quoted;
  }
}

/** Whether a path is an ancestor or the same. */
export function isWithin(path: string, ancestor: string): boolean {
  return (
    ancestor === "" ||
    path === ancestor ||
    (path.startsWith(ancestor) && (path[ancestor.length] === "." || path[ancestor.length] === "["))
  );
}

/** Whether one of two paths holds the other. */
export function touches(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

/** Orders paths by their segments, list positions as numbers, an ancestor first. */
export function comparePaths(a: string, b: string): number {
  const left = parsePath(a);
  const right = parsePath(b);
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const order = compareSegments(left[at] as Segment, right[at] as Segment);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareSegments(a: Segment, b: Segment): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
