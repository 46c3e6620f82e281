import * as z from "zod";
import { about } from "../model/field.ts";
import { quantity } from "../model/values.ts";

/** Keys that begin like this name what a host is by itself: nobody can set them. */
const builtIn = "host.";

const keyPattern = /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?$/;

/** What a constraint may name: a label or one of a host's own attributes. */
export const hostKey = z.string().regex(keyPattern, {
  error: (issue) =>
    `"${String(issue.input)}" is no key; use letters, digits, ".", "_", "/" and "-", like zone or host.arch`,
});

const labelKey = hostKey.refine((key) => !key.startsWith(builtIn), {
  error: (issue) =>
    `"${String(issue.input)}" begins with ${builtIn}, which stands for what a host is by itself`,
});

/** A value of a label or a taint. */
const labelValue = z.string().max(253);

export const taintEffect = about(z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]), {
  type: "TaintEffect",
});

const taint = about(
  z.strictObject({
    key: labelKey.describe("Names the taint: `gpu`."),
    value: labelValue.optional().describe("Tells apart taints of one key."),
    effect: taintEffect
      .default("NoSchedule")
      .describe(
        "What it does to instances that do not tolerate it: `NoSchedule`, none comes; `PreferNoSchedule`, only where no other host takes it; `NoExecute`, those that are here move too.",
      ),
  }),
  { type: "Taint" },
);

/** What a host keeps for itself where nobody says: the agent, the store, the kernel. Cores and bytes. */
export const defaultSystemReserve = { cpu: 0.1, memory: 256 * 2 ** 20 } as const;

const reserved = about(
  z.strictObject({
    cpu: z.number().min(0).max(1024).optional().describe("Cores. Default: 0.1."),
    memory: quantity().optional().describe("Memory. Default: `256Mi`."),
  }),
  { type: "HostReserved" },
);

/** What its owner says of a host, for the scheduler. */
export const hostSettings = {
  labels: z
    .record(labelKey, labelValue)
    .optional()
    .describe("What placement can ask for, like `zone` or `disk`."),
  taints: z.array(taint).max(32).optional().describe("Keep instances away that do not tolerate them."),
  reserved: reserved.optional().describe("What no instance gets: it is for the host itself."),
};
export type HostSettings = z.infer<z.ZodObject<typeof hostSettings>>;
export type Taint = z.infer<typeof taint>;
