import * as z from "zod";
import { about } from "../model/field.ts";
import { dnsLabel } from "../model/values.ts";
import { hostKey, taintEffect } from "./host-settings.ts";

/** Bounds of what one service can ask of its hosts. */
const bounds = { rules: 16, values: 64, priority: 1_000 } as const;

const where =
  "A label of hosts, or `host.name`, `host.arch`, `host.kernel`, `host.cgroup`, `host.cpu`, `host.memory`.";
const operator = z.enum(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Gte", "Lt", "Lte"]);

const constraint = about(
  z.strictObject({
    key: hostKey.describe(where),
    operator: about(operator, { type: "ConstraintOperator" })
      .default("In")
      .describe(
        "How its value is compared. `Gt`, `Gte`, `Lt` and `Lte` read numbers, quantities and versions: `5.10` is below `6.1`.",
      ),
    values: z
      .array(z.string().max(253))
      .max(bounds.values)
      .optional()
      .describe("What it is compared with: one value for `Gt` and the like, none for `Exists`."),
  }),
  { type: "Constraint" },
);
export type Constraint = z.infer<typeof constraint>;

const spread = about(
  z.strictObject({
    key: hostKey.describe(`${where} Instances are spread evenly over its values.`),
    maxSkew: z
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe("How many more instances one value may have than another."),
    whenUnsatisfiable: about(z.enum(["DoNotSchedule", "ScheduleAnyway"]), { type: "WhenUnsatisfiable" })
      .default("ScheduleAnyway")
      .describe("Whether an instance that would break `maxSkew` waits."),
  }),
  { type: "Spread" },
);
export type Spread = z.infer<typeof spread>;

const affinity = about(
  z.strictObject({
    service: dnsLabel.describe("A service of the namespace; also this one."),
    rule: about(z.enum(["together", "apart"]), { type: "AffinityRule" }).describe(
      "Only where an instance of it is, or only where none is. `apart` holds for the other service as well.",
    ),
    key: hostKey.default("host.name").describe("What counts as the same place: hosts with the same value."),
    required: z
      .boolean()
      .default(true)
      .describe("An instance waits where it cannot be had; else it is a wish."),
  }),
  { type: "Affinity" },
);
export type Affinity = z.infer<typeof affinity>;

const toleration = about(
  z.strictObject({
    key: hostKey.optional().describe("The taint's key. Default: every key, with `Exists`."),
    operator: about(z.enum(["Equal", "Exists"]), { type: "TolerationOperator" })
      .default("Equal")
      .describe("Whether the taint's value must be `value`."),
    value: z.string().max(253).optional().describe("The taint's value. Default: none."),
    effect: about(taintEffect, { type: "TolerationEffect" })
      .optional()
      .describe("Only taints with this effect."),
  }),
  { type: "Toleration" },
);
export type Toleration = z.infer<typeof toleration>;

/** Which hosts take a service's instances. Changing it moves those alone that no longer fit. */
export const placement = about(
  z.strictObject({
    constraints: z
      .array(constraint)
      .max(bounds.rules)
      .optional()
      .describe("What a host must be; all of them hold."),
    strategy: about(z.enum(["spread", "binpack"]), { type: "PlacementStrategy" })
      .default("spread")
      .describe(
        "Prefers the hosts with the most room, other than its own instances', or those with the least.",
      ),
    spread: z.array(spread).max(bounds.rules).optional().describe("Evenly over zones, racks and the like."),
    affinity: z
      .array(affinity)
      .max(bounds.rules)
      .optional()
      .describe("Near to other services, or away from them."),
    tolerations: z
      .array(toleration)
      .max(bounds.rules)
      .optional()
      .describe("Taints that keep it from no host."),
    priority: z
      .int()
      .min(-bounds.priority)
      .max(bounds.priority)
      .default(0)
      .describe("Goes first; where no host has room, instances of a lower priority are stopped for it."),
  }),
  { type: "Placement" },
);
export type PlacementRules = z.infer<typeof placement>;

type Operator = Constraint["operator"];
const valuesNeeded: Readonly<Partial<Record<Operator, "some" | "none">>> = {
  In: "some",
  NotIn: "some",
  Exists: "none",
  DoesNotExist: "none",
};

/** What the rules of one service break together. */
export function placementProblems({ constraints = [], tolerations = [] }: Partial<PlacementRules>) {
  return [
    ...constraints.flatMap(({ operator, values = [] }, index) => {
      const needs = valuesNeeded[operator] ?? "one";
      const fits = needs === "one" ? values.length === 1 : values.length > 0 === (needs === "some");
      const path = `placement.constraints[${index}].values`;
      const wanted = { one: "exactly one value", some: "at least one value", none: "no values" }[needs];
      return fits ? [] : [{ path, reason: `${operator} takes ${wanted}, not ${values.length}` }];
    }),
    ...tolerations.flatMap(({ key, operator, value }, index) => {
      const path = `placement.tolerations[${index}]`;
      if (operator === "Exists" && value !== undefined)
        return [{ path: `${path}.value`, reason: "has no use with Exists; leave it out" }];
      return key === undefined && operator === "Equal"
        ? [{ path: `${path}.key`, reason: "is needed with Equal; name it, or use Exists for every taint" }]
        : [];
    }),
  ];
}
