import { ConstellationError } from "../../contract/index.ts";
import {
  describeRejections,
  formatBytes,
  free,
  type HostCapacity,
  placeInstance,
  type Request,
} from "./place.ts";

/**
 * Refuses what could not run even if all of the hosts' room were its own: one instance too large for every host,
 * or all together larger than the cluster. `hosts` carry what other services reserve, for the message alone.
 */
export function admitService(
  name: string,
  request: Request,
  replicas: number,
  hosts: readonly HostCapacity[],
): void {
  if (hosts.length === 0 || replicas === 0) return;
  const empty = hosts.map((host) => ({ ...host, reserved: { cpu: 0, memory: 0 } }));
  const alone = placeInstance(request, empty);
  if ("rejections" in alone) {
    const now = placeInstance(request, hosts);
    throw refusal(name, describeRejections("rejections" in now ? now.rejections : alone.rejections), false);
  }
  const total = empty
    .map(free)
    .reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu + cpu, memory: sum.memory + memory }), {
      cpu: 0,
      memory: 0,
    });
  if (replicas * request.memory > total.memory) {
    const wants = `${replicas} × ${formatBytes(request.memory)}`;
    throw refusal(
      name,
      `the cluster lacks memory (wants ${wants}, has ${formatBytes(total.memory)} beside what its hosts keep)`,
      true,
    );
  }
  if (replicas * request.cpu > total.cpu + 0.0005) {
    throw refusal(
      name,
      `the cluster lacks cpu (wants ${replicas} × ${request.cpu}, has ${Math.round(total.cpu * 10) / 10})`,
      true,
    );
  }
}

function refusal(name: string, why: string, together: boolean): ConstellationError {
  return new ConstellationError(
    "unplaceable",
    `place ${name}: ${why}; ${fixOf(why)}${together ? " or replicas" : ""}`,
  );
}

function fixOf(why: string): string {
  if (why.includes("cpu")) return "lower resources.cpu";
  if (why.includes("ulimit")) return "lower ulimits";
  if (why.includes("capability")) return "take it from security.capabilities.add";
  return "lower resources.memory";
}
