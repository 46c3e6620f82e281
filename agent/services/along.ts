import { type Desired, keys, type Put, type Removal, readAhead } from "../store/index.ts";
import { type ActPorts, histories, placementWrites } from "./act.ts";
import { decide } from "./decide.ts";
import type { Seen } from "./seen.ts";
import { missingReferences, nextSpec } from "./specs.ts";
import { createIsFrozen } from "./stored.ts";
import { commitBounds } from "./turns.ts";
import { observe } from "./view.ts";

/**
 * A service's next revision and the first steps of what it asks for, decided as a pass would once the service is
 * written. `seen`: ids that a host has reported so far.
 */
export function writesAlong(
  service: Desired,
  seen: Pick<Seen, "has">,
  ports: Pick<ActPorts, "store" | "cidrOf" | "now" | "hostStates" | "remainingMs">,
): (Put | Removal)[] {
  const { store, now, hostStates, remainingMs } = ports;
  const time = now();
  const at = time.toISOString();
  const { namespace, name } = service;
  const written = readAhead(store, [
    { key: keys.desired(namespace, "Service", name), record: service, was: undefined },
  ]);
  if (createIsFrozen(written)(service)) return [];
  if (missingReferences(written, service).length > 0) return [];
  const spec = nextSpec(written, service, at);
  const revision: Put[] = spec
    ? [{ key: keys.spec(spec.uid, spec.revision), record: spec, was: undefined }]
    : [];
  const ops = decide(observe(readAhead(written, revision), seen, time, hostStates, remainingMs))
    .ops.filter((op) => op.namespace === namespace && op.service === name)
    .slice(0, commitBounds.ops);
  const placed = [...Map.groupBy(ops, ({ host }) => host)].flatMap(([host, own]) =>
    placementWrites(host, own, at, ports),
  );
  return [...revision, ...placed, ...(placed.length > 0 ? histories(store, ops, at) : [])];
}
