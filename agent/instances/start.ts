import { ConstellationError } from "../../contract/index.ts";
import type { Assignment, Placement } from "../session/index.ts";
import type { LifeEvent } from "./life.ts";
import type { Places } from "./places.ts";
import { type Start, type StepPorts, steps } from "./steps.ts";
import { workloadOf } from "./workload.ts";

export interface StartRequest {
  readonly assignment: Assignment;
  readonly placement: Placement;
  readonly places: Places;
  readonly signal: AbortSignal;
  /** Told in order: `pulling`, `starting`; then the result's event is returned. */
  readonly onEvent: (event: LifeEvent) => void;
  readonly onProgress: (message: string) => void;
}

/** Runs the steps from top to bottom. Returns what was made; throws what the first failing step threw. */
export async function startInstance(request: StartRequest, ports: StepPorts): Promise<Start> {
  const { assignment, placement, onEvent, signal } = request;
  const spec = assignment.specs[placement.specKey];
  if (spec === undefined)
    throw new TypeError(`start ${placement.id}: the assignment lacks its spec ${placement.specKey}`);
  if (spec.unreadable !== undefined) throw new ConstellationError("invalid", spec.unreadable);
  ports.runtime.expectStart();
  const start: Start = { ...request, spec, workload: workloadOf(spec) };
  for (const step of steps) {
    signal.throwIfAborted();
    if (step.name === "image") onEvent({ kind: "pulling" });
    if (step.name === "root") onEvent({ kind: "starting" });
    await step.do(start, ports);
  }
  return start;
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
