import type { Logger } from "pino";
import { createProbe, planHealth, watchHealth } from "../health/index.ts";
import { createGate } from "../lib/gate.ts";
import type { InstanceSpec } from "../session/index.ts";
import { changeRecord, type Entry } from "./entry.ts";
import { instanceLimits } from "./limits.ts";
import type { StepPorts } from "./steps.ts";
import { workloadOf } from "./workload.ts";

/** Watches the health of one running instance until the signal aborts; rejects when that cannot go on. */
export type HealthWatch = (entry: Entry, spec: InstanceSpec, signal: AbortSignal) => Promise<void>;

/** Verdicts go into the entry; `onVerdict` is called after each. All instances of a host share the limits of probes. */
export function createHealthWatch(
  { images, runtime }: Pick<StepPorts, "images" | "runtime">,
  onVerdict: (entry: Entry) => void,
  log: Logger,
): HealthWatch {
  const probeGate = createGate(instanceLimits.probesAtOnce);
  const commandGate = createGate(instanceLimits.commandProbesAtOnce);
  return async (entry, spec, signal) => {
    const { placement, life, healthy: wasHealthy } = entry.record;
    if (life.state.kind !== "running") return;
    const { id } = entry.places;
    const { startedAt } = life.state;
    const image = await images.resolve(spec.imageDigest);
    const probe = createProbe(placement.address, (command, limit) => runtime.runInside(id, command, limit));
    await watchHealth(
      {
        plan: planHealth(workloadOf(spec), image.healthCheck, spec.minHealthyTimeMs),
        ...{ wasHealthy, ranMs: Math.max(0, Date.now() - startedAt) },
        probe: (one, limit) =>
          (one.action.kind === "exec" ? commandGate : probeGate)(() => probe(one, limit)),
        onChange({ healthy, reason, unresponsive }) {
          entry.unhealthy = reason;
          if (unresponsive !== undefined) entry.unresponsive = `liveness failed: ${unresponsive}`;
          if (healthy !== entry.record.healthy) changeRecord(entry, { healthy });
          onVerdict(entry);
        },
        onUntried: (reason) => log.warn({ instance: id, reason }, "cannot probe; its health is as it was"),
      },
      signal,
    );
  };
}
