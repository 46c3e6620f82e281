import type { Places } from "./places.ts";

export type Removal =
  /** A pin without an instance: its processes, if there still are any, keep their network. */
  | { readonly kind: "unpin"; readonly id: string }
  /** A link whose namespace has no pin. */
  | { readonly kind: "delete link"; readonly device: string };

/**
 * What instances that no longer exist have left. `instances`: ids of all that should have a network. A link goes with
 * its namespace by itself once its last process ends, so one is deleted only if it was without a pin last time too.
 */
export function decideRemovals(
  found: {
    readonly pins: readonly string[];
    readonly links: readonly string[];
    readonly unpinnedBefore: ReadonlySet<string>;
  },
  instances: ReadonlySet<string>,
  { anchor, tunnel, hostDevice }: Pick<Places, "anchor" | "tunnel" | "hostDevice">,
): { removals: Removal[]; unpinned: Set<string> } {
  const owned = new Set([anchor, tunnel, ...[...found.pins, ...instances].map(hostDevice)]);
  const unpinned = new Set(found.links.filter((device) => !owned.has(device)));
  const removals: Removal[] = [
    ...found.pins.filter((id) => !instances.has(id)).map((id) => ({ kind: "unpin" as const, id })),
    ...[...unpinned]
      .filter((device) => found.unpinnedBefore.has(device))
      .map((device) => ({ kind: "delete link" as const, device })),
  ];
  return { removals, unpinned };
}
