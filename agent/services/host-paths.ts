import { resolve } from "node:path";
import type { Violation } from "../../contract/index.ts";
import { isWithin } from "../lib/is-within.ts";

interface Mounts {
  readonly mounts?: readonly { readonly hostPath?: { readonly path: string } }[];
}

/**
 * The mounts that name one of these folders, what is in it, or what holds it. By their words alone: where links lead is
 * seen when an instance starts. Pure.
 */
export function closedPathViolations(
  inputs: Readonly<Record<string, unknown>>,
  closed: readonly string[],
): Violation[] {
  return ((inputs as Mounts).mounts ?? []).flatMap(({ hostPath }, index): Violation[] => {
    if (hostPath === undefined) return [];
    const wanted = resolve(hostPath.path);
    const own = closed.find((folder) => isWithin(wanted, folder) || isWithin(folder, wanted));
    if (own === undefined) return [];
    const what = isWithin(wanted, own) ? "is the agent's own" : `holds the agent's own ${own}`;
    return [
      {
        path: `mounts[${index}].hostPath.path`,
        reason: `${wanted} ${what}; mount a folder that has none of it`,
      },
    ];
  });
}
