import { ConstellationError } from "../../contract/index.ts";
import type { Gate } from "../lib/gate.ts";
import type { Assignment, InstanceSpec, Placement } from "../session/index.ts";
import type { LifeEvent } from "./life.ts";
import type { Places } from "./places.ts";
import { pullImage } from "./pull.ts";
import { type Start, type StepPorts, steps } from "./steps.ts";
import { fenceTerms, workloadOf } from "./workload.ts";

export interface StartRequest {
  readonly assignment: Assignment;
  readonly placement: Placement;
  readonly places: Places;
  /** See `Folders`. */
  readonly closed: readonly string[];
  readonly signal: AbortSignal;
  /** Told in order: `pulling`, `starting`; then the result's event is returned. */
  readonly onEvent: (event: LifeEvent) => void;
  readonly onProgress: (message: string) => void;
}

/** Runs the steps from top to bottom. Returns what was made; throws what the first failing step threw. */
async function startInstance(request: StartRequest, ports: StepPorts): Promise<Start> {
  const { onEvent, signal } = request;
  const spec = specOf(request);
  if (spec.unreadable !== undefined) throw new ConstellationError("invalid", spec.unreadable);
  ports.runtime.expectStart();
  const workload = workloadOf(spec);
  const start: Start = { ...request, spec, workload, terms: fenceTerms(workload) };
  try {
    for (const step of steps) {
      signal.throwIfAborted();
      if (step.name === "image") onEvent({ kind: "pulling" });
      if (step.name === "monitor") onEvent({ kind: "starting" });
      await step.do(start, ports);
    }
    return start;
  } finally {
    start.prepared?.dismiss();
  }
}

/**
 * A start finds out by itself that its image is not here, so that those who have it ask for nothing. The pull holds no
 * place in the gate: a slow registry holds up nobody who does not need it. Undefined: it was called off.
 */
export async function startWithImage(
  request: StartRequest,
  ports: StepPorts,
  gate: Gate,
): Promise<Start | undefined> {
  const attempt = async () => {
    await untilGranted(request, ports);
    return await gate(async () => (request.signal.aborted ? undefined : startInstance(request, ports)));
  };
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ConstellationError && error.code === "image-missing")) throw error;
  }
  const onBegin = (image: string) => request.onEvent({ kind: "pulling", image });
  await pullImage({ ...request, spec: specOf(request), onBegin }, ports.images);
  return attempt();
}

/** Holds no place in the gate either: nobody knows when a server's word comes. */
async function untilGranted(request: StartRequest, { fence }: StepPorts): Promise<void> {
  const spec = specOf(request);
  const terms = spec.unreadable === undefined ? fenceTerms(workloadOf(spec)) : undefined;
  const onWait = (why: string) => request.onProgress(`waits: ${why}`);
  if (terms) await fence.untilGranted(request.places.id, terms, request.signal, onWait);
}

/** What the placement runs. */
function specOf({ assignment, placement }: StartRequest): InstanceSpec {
  const spec = assignment.specs[placement.specKey];
  if (spec !== undefined) return spec;
  throw new TypeError(`start ${placement.id}: the assignment lacks its spec ${placement.specKey}`);
}

/** Takes everything away, bottom to top. Goes on past a failing step, and then throws the first failure. */
export async function removeInstance(places: Places, ports: StepPorts): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.toReversed()) {
    try {
      await step.undo(places, ports);
    } catch (error) {
      failures.push(error);
      // What a process may still use stays until it is gone.
      if (step.name === "process") break;
    }
  }
  if (failures.length > 0) throw failures[0];
}
