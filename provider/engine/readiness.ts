import type { Document, Instance, ServiceStatus } from "../../contract/index.ts";

/** Ends in a row after which waiting for one and the same revision is given up: about 15 s at the default delay. */
export const crashLoopRestarts = 4;
/** The same for what never reached its first instruction: a start depends on little that changes by itself. */
export const startAttempts = 2;

export type Readiness =
  | { readonly kind: "ready" }
  | { readonly kind: "waiting"; readonly progress: string }
  /** Waiting longer would not help. `crashed` names instances whose last output says why. */
  | { readonly kind: "failed"; readonly reasons: readonly string[]; readonly crashed: readonly string[] };

/**
 * Whether a document's own revision, not an older one, is as far as `waitFor` asks. Kinds without a status are.
 * @param before the instances when the wait began: what failed by then gets one more chance.
 */
export function readiness(document: Document, before: readonly Instance[] = []): Readiness {
  const { status } = document;
  const waitFor = document.inputs.waitFor ?? "healthy";
  if (status === undefined || waitFor === "none") return { kind: "ready" };
  if (status.observedRevision < document.revision)
    return { kind: "waiting", progress: "waiting for the scheduler" };

  const current = status.instances.filter((instance) => instance.revision === status.specRevision);
  const arrived = current.filter(waitFor === "healthy" ? isHealthy : isStarted);
  const outdated = status.instances.length - current.length;
  // Older instances stand in until the new ones are healthy: who waits for less does not wait for their end.
  const settled = waitFor === "started" || (outdated === 0 && status.instances.length <= status.wanted);
  // An instance may stand where it is no longer wanted, for want of another place.
  const isPlaced = status.rejections.length === 0;
  if (arrived.length >= status.wanted && settled && isPlaced) return { kind: "ready" };

  const known = new Map(before.map((instance) => [instance.id, instance]));
  const dead = current.filter((instance) => isHopeless(instance, known.get(instance.id)));
  if (dead.length > 0) {
    // What its image keeps from starting has printed nothing.
    const crashed = dead.filter(({ isStuck }) => !isStuck).map(({ id }) => id);
    return { kind: "failed", reasons: dead.map(describe), crashed };
  }
  return { kind: "waiting", progress: progressOf(status, current, arrived.length, outdated) };
}

/** What is shown of a document that is ready, in place of the last step before. */
export function arrival({ status, inputs }: Document): string {
  if (status === undefined || inputs.waitFor === "none") return "";
  return `${status.wanted}/${status.wanted} ${inputs.waitFor === "started" ? "started" : "healthy"}`;
}

function isHealthy(instance: Instance): boolean {
  return instance.state === "completed" || (instance.state === "running" && instance.healthy);
}

function isStarted(instance: Instance): boolean {
  return instance.state === "completed" || instance.state === "running";
}

function isHopeless({ state, restarts, startedAt, isStuck, since }: Instance, before?: Instance): boolean {
  if (state === "failed") return true;
  if (state !== "backoff") return false;
  if (isStuck) return since !== before?.since;
  const tolerated = startedAt === undefined ? startAttempts - 1 : crashLoopRestarts;
  return restarts >= tolerated && restarts > (before?.restarts ?? -1);
}

/** `web-0: exited with code 1 (restarted 4 times)`. */
export function describe({ name, state, reason, restarts }: Instance): string {
  const again = restarts === 0 ? "" : ` (restarted ${restarts} ${restarts === 1 ? "time" : "times"})`;
  return `${name}: ${reason === "" ? state : reason}${again}`;
}

function progressOf(
  status: ServiceStatus,
  current: readonly Instance[],
  arrived: number,
  outdated: number,
): string {
  const parts = [`${arrived}/${status.wanted} healthy`];
  const rejected = status.rejections[0];
  const behind = current.find((instance) => !isHealthy(instance));
  if (rejected) parts.push(rejected.message);
  else if (behind)
    parts.push(behind.state === "running" ? `${behind.name} not healthy yet` : describe(behind));
  if (outdated > 0) parts.push(`${outdated} of an older revision to go`);
  return parts.join("; ");
}
