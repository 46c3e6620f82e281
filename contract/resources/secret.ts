import * as z from "zod";
import { about } from "../model/field.ts";
import { resource } from "../model/resource.ts";
import { content, exactlyOne, onChange } from "./content.ts";

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
    onChange,
  }),
  stable: z.object({}),
  revised: z.object({}),
  replaceWhenChanged: ["clusterId", "namespace", "name"],
  crossCheck: exactlyOne("value", "values"),
});
