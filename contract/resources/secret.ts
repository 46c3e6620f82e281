import * as z from "zod";
import { limits } from "../limits.ts";
import { about } from "../model/field.ts";
import { resource } from "../model/resource.ts";

const content = z.string().max(limits.contentBytes);

export const Secret = resource({
  kind: "Secret",
  plural: "secrets",
  doc: "Text that services get as variables or files in memory, sealed everywhere else.",
  namespaced: true,
  inputs: z.strictObject({
    value: about(content, { secret: true }).optional().describe("The only value."),
    values: z
      .record(z.string().min(1), about(content, { secret: true }))
      .optional()
      .describe("Several values by key."),
    onChange: z
      .enum(["restart", "nothing"])
      .default("restart")
      .describe(
        "What happens to the instances that use it: a rolling replacement, or nothing until they are replaced anyway.",
      ),
  }),
  stable: z.object({}),
  revised: z.object({}),
  replaceWhenChanged: ["clusterId", "namespace", "name"],
  crossCheck: (inputs) =>
    (inputs.value === undefined) === (inputs.values === undefined)
      ? [{ path: "value", reason: "needs exactly one of value, values" }]
      : [],
});
