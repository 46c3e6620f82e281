import { type Machine, type Request, requestOf } from "../../agent/scheduler/index.ts";
import type { PlacementRules } from "../../contract/index.ts";
import { pick, seeded } from "./random.ts";
import type { Sizes } from "./types.ts";

const gi = 2 ** 30;
const replicas = 10;

/** Hosts of three sizes in five zones; one in twenty is for those alone that tolerate it. */
export function machinesOf(count: number): Machine[] {
  const random = seeded(11);
  return Array.from({ length: count }, (_, at) => {
    const name = `host-${String(at).padStart(5, "0")}`;
    const size = pick(random, [1, 2, 4]);
    return {
      ...{
        name,
        state: "ready",
        availability: "active",
        ulimitCeilings: {},
        missingCapabilities: [],
        fences: true,
      },
      capacity: { cpu: 4 * size, memory: 16 * size * gi },
      systemReserved: { cpu: 0.1, memory: gi / 4 },
      facts: {
        ...{ "host.name": name, "host.arch": random() < 0.2 ? "arm64" : "amd64" },
        zone: `zone-${at % 5}`,
      },
      taints: random() < 0.05 ? [{ key: "gpu", effect: "NoSchedule" }] : [],
    };
  });
}

/** Rules in about the mixture that programs have: most services have none. */
const mixture: readonly (readonly [share: number, rules: Partial<PlacementRules>])[] = [
  [0.6, {}],
  [0.1, { strategy: "binpack" }],
  [0.1, { constraints: [{ key: "host.arch", operator: "In", values: ["amd64"] }] }],
  [0.1, { spread: [{ key: "zone", maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" }] }],
  [0.05, { tolerations: [{ key: "gpu", operator: "Exists" }] }],
  [0.05, {}],
];

export interface WantedInstance {
  readonly id: string;
  readonly group: string;
  readonly request: Request;
}

/** Services of ten instances each; one in twenty keeps its own apart. */
export function instancesOf({ instances }: Pick<Sizes, "instances">): WantedInstance[] {
  const random = seeded(23);
  return Array.from({ length: Math.ceil(instances / replicas) }, (_, at) => {
    const name = `service-${at}`;
    const apart = random() < 0.05;
    const resources = {
      cpu: pick(random, [0.1, 0.25, 0.5, 1]),
      memory: pick(random, ["128Mi", "512Mi", "1Gi"]),
    };
    const rules = apart
      ? { affinity: [{ service: name, rule: "apart" as const, key: "host.name", required: true }] }
      : ruleAt(random());
    const request = requestOf({ namespace: "bench", name }, { resources }, rules);
    return Array.from({ length: replicas }, (_, index) => ({ id: `${name}-${index}`, group: name, request }));
  })
    .flat()
    .slice(0, instances);
}

function ruleAt(share: number): Partial<PlacementRules> {
  let left = share;
  for (const [part, rules] of mixture) {
    if (left < part) return rules;
    left -= part;
  }
  return {};
}
