import * as z from "zod";
import { limits } from "../limits.ts";

/** What a Secret and a ConfigFile have in common: text that services use. */
export const content = z.string().max(limits.contentBytes);

export const onChange = z
  .enum(["restart", "nothing"])
  .default("restart")
  .describe(
    "What happens to the instances that use it: a rolling replacement, or nothing until they are replaced anyway.",
  );

/** A cross-check: one text or several. */
export const exactlyOne =
  <One extends string, Several extends string>(one: One, several: Several) =>
  (inputs: { readonly [member in One | Several]?: unknown }) =>
    (inputs[one] === undefined) === (inputs[several] === undefined)
      ? [{ path: one, reason: `needs exactly one of ${one}, ${several}` }]
      : [];
