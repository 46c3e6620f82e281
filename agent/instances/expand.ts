import { ConstellationError } from "../../contract/index.ts";

/** execve(2) takes no longer string. */
const maxBytes = 128 * 1024 - 1;

/**
 * Replaces `$(NAME)` by variables, as Kubernetes does: an unknown name stays as it is, `$$` gives `$`.
 * Throws `invalid` where the result is longer than a program can be given.
 */
export function expandText(
  text: string,
  lookUp: (name: string) => string | undefined,
  place: string,
): string {
  let left = maxBytes - text.length;
  return text.replace(/\$(\$|\(([A-Za-z_][A-Za-z0-9_.-]*)\))/g, (whole, inner: string, name?: string) => {
    const value = inner === "$" ? "$" : (lookUp(name ?? "") ?? whole);
    left -= value.length;
    if (left >= 0) return value;
    throw new ConstellationError(
      "invalid",
      `${place} is longer than ${maxBytes} bytes once expanded; shorten it`,
    );
  });
}

/**
 * The variables of a process. `written` values may name each other and any of `given`, in any order; one that leads
 * back to itself stays unexpanded there. `given` ones are taken as they are, unless `written` replaces them.
 */
export function expandEnvironment(
  given: Readonly<Record<string, string>>,
  written: Readonly<Record<string, string>>,
): Record<string, string> {
  const done = new Map(Object.entries(given).filter(([name]) => !Object.hasOwn(written, name)));
  const underWay = new Set<string>();
  const lookUp = (name: string): string | undefined => {
    const known = done.get(name);
    const text = written[name];
    if (known !== undefined || text === undefined || !Object.hasOwn(written, name)) return known;
    if (underWay.has(name)) return given[name];
    underWay.add(name);
    const value = expandText(text, lookUp, `env.${name}`);
    underWay.delete(name);
    done.set(name, value);
    return value;
  };
  for (const name of Object.keys(written)) lookUp(name);
  return Object.fromEntries([...done].sort(([one], [other]) => (one < other ? -1 : 1)));
}
