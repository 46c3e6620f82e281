import { durationMs } from "../../contract/index.ts";
import type { Desired, Spec } from "../store/index.ts";
import type { Requests } from "./fleet.ts";
import type { Disconnect, WantedService } from "./types.ts";

interface ServiceInputs {
  readonly replicas: number;
  readonly perHost?: boolean;
  readonly exclusive?: boolean;
  readonly update?: {
    readonly strategy?: "start-first" | "stop-first";
    readonly maxSurge?: number;
    readonly maxUnavailable?: number;
  };
  readonly mounts?: readonly { readonly hostPath?: unknown; readonly readOnly?: boolean }[];
  readonly disconnect?: { readonly replaceAfter?: string; readonly reconcile?: Disconnect["reconcile"] };
}

/** undefined until its first revision is stored. */
export function wantedService(
  service: Desired,
  spec: Spec | undefined,
  requests: Requests,
): WantedService | undefined {
  if (!spec) return undefined;
  const { uid, namespace, name } = service;
  const inputs = service.inputs as unknown as ServiceInputs;
  const { update = {}, mounts = [], disconnect = {} } = inputs;
  // Two writers on one folder of the host is how data dies.
  const isAlone =
    inputs.exclusive === true ||
    mounts.some(({ hostPath, readOnly }) => hostPath !== undefined && readOnly !== true);
  return {
    ...{ uid, namespace, name },
    replicas: inputs.replicas,
    perHost: inputs.perHost ?? false,
    strategy: update.strategy ?? (isAlone ? "stop-first" : "start-first"),
    maxSurge: update.maxSurge ?? 1,
    maxUnavailable: update.maxUnavailable ?? 1,
    specRevision: spec.revision,
    request: requests({ serviceUid: uid, revision: spec.revision, namespace, service: name }),
    disconnect: {
      replaceAfterMs: durationMs(disconnect.replaceAfter ?? "") ?? 0,
      reconcile: disconnect.reconcile ?? "replacement",
    },
  };
}
