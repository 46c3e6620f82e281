import { bareCapability, type PlacementRules, quantityBytes } from "../../contract/index.ts";
import type { Request } from "./types.ts";

/** What is reserved where a workload says nothing. */
export const defaultRequest = { cpu: 0.05, memory: 64 * 2 ** 20 } as const;

interface WorkloadNeeds {
  readonly resources?: {
    readonly cpu?: number;
    readonly memory?: string;
    readonly limits?: { readonly cpu?: number; readonly memory?: string };
  };
  readonly ulimits?: Readonly<Record<string, { readonly hard: number }>>;
  readonly exclusive?: boolean;
  readonly disconnect?: { readonly stopAfter?: string };
  readonly security?: { readonly capabilities?: { readonly add?: readonly string[] } };
}

/**
 * What a service's checked inputs reserve (the request, else the limit, else the default) and which hosts they allow.
 * `rules` come from the service as it is wanted now, `workload` from the revision that runs.
 */
export function requestOf(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { resources = {}, ulimits = {}, security, exclusive = false, disconnect }: WorkloadNeeds,
  rules: Partial<PlacementRules> = {},
): Request {
  const memory = resources.memory ?? resources.limits?.memory;
  const asked = {
    ulimits: Object.fromEntries(Object.entries(ulimits).map(([key, { hard }]) => [key, hard])),
    capabilities: (security?.capabilities?.add ?? []).map(bareCapability),
    constraints: rules.constraints ?? [],
    tolerations: rules.tolerations ?? [],
    needsFence: exclusive || disconnect?.stopAfter !== undefined,
  };
  return {
    service: `${namespace}/${name}`,
    cpu: resources.cpu ?? resources.limits?.cpu ?? defaultRequest.cpu,
    memory: (memory === undefined ? undefined : quantityBytes(memory)) ?? defaultRequest.memory,
    ...asked,
    strategy: rules.strategy ?? "spread",
    spread: rules.spread ?? [],
    affinity: (rules.affinity ?? []).map((one) => ({ ...one, service: `${namespace}/${one.service}` })),
    priority: rules.priority ?? 0,
    sort: JSON.stringify(asked),
  };
}
