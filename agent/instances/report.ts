import type { Instance } from "../../contract/index.ts";
import type { InstanceRecord } from "./record.ts";

/** What the servers are told of one instance. `unhealthy`: why it is out of traffic, where it runs. */
export function reportOf(record: InstanceRecord, host: string, unhealthy: string): Instance {
  const { placement, life, image, healthy } = record;
  const { state } = life;
  return {
    id: placement.id,
    namespace: placement.namespace,
    service: placement.service,
    serviceUid: placement.serviceUid,
    name: placement.name,
    index: placement.index,
    host,
    address: placement.address,
    revision: placement.revision,
    state: state.kind,
    healthy: state.kind === "running" && healthy,
    reason: state.kind === "running" && !healthy && unhealthy !== "" ? unhealthy : life.reason,
    ...(state.kind === "backoff" && state.image === "stuck" && { isStuck: true }),
    restarts: life.restarts,
    ...(life.exitCode !== undefined && { exitCode: life.exitCode }),
    image,
    since: new Date(life.since).toISOString(),
    ...(life.startedAt !== undefined && { startedAt: new Date(life.startedAt).toISOString() }),
    ...(state.kind === "running" && { pid: state.process.pid }),
  };
}
