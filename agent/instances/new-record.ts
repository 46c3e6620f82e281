import type { ImageConfig } from "../../contract/images/index.ts";
import type { Assignment, InstanceSpec } from "../session/index.ts";
import { newLife, type Policy } from "./life.ts";
import type { InstanceRecord } from "./record.ts";
import type { Millis } from "./types.ts";
import { logBoundsOf, policyOf, type Workload, workloadOf } from "./workload.ts";

/** Until its spec could be read; the start then says why it cannot. */
const cautious: Policy = {
  restart: "always",
  delayMs: 1_000,
  windowMs: 300_000,
  stopSignal: "SIGTERM",
  graceMs: 10_000,
};

/** The record of an instance that the assignment places here and nothing is known of yet; undefined where it does not. */
export function newRecord(id: string, assignment: Assignment, now: Millis): InstanceRecord | undefined {
  const placement = assignment.placements.find((one) => one.id === id);
  const spec = placement && assignment.specs[placement.specKey];
  if (placement === undefined || spec === undefined) return undefined;
  const { want: _want, reason: _reason, ...kept } = placement;
  return {
    version: 1,
    placement: kept,
    image: String(spec.inputs.image ?? ""),
    policy: cautious,
    life: newLife(now),
    healthy: false,
    ...readSettings(spec),
  };
}

function readSettings(spec: InstanceSpec): Partial<InstanceRecord> {
  try {
    return settingsOf(workloadOf(spec), undefined);
  } catch {
    return {}; // The start reads it again and reports what is wrong with it.
  }
}

/** What is kept of the spec, for when it is gone. */
export function settingsOf(
  workload: Workload,
  image: ImageConfig | undefined,
): Pick<InstanceRecord, "policy" | "logging"> {
  const logging = logBoundsOf(workload);
  return { policy: policyOf(workload, image?.stopSignal), ...(logging && { logging }) };
}
