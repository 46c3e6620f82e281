import * as z from "zod";
import { limits } from "../limits.ts";
import { resource } from "../model/resource.ts";

const content = z.string().max(limits.contentBytes);
const relativePath = z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]+$/, {
  error: (issue) => `"${String(issue.input)}" is no relative path; leave out a leading / and ..`,
});

export const ConfigFile = resource({
  kind: "ConfigFile",
  plural: "configfiles",
  doc: "A text file, or a folder of them, that services get read-only.",
  namespaced: true,
  inputs: z.strictObject({
    content: content.optional().describe("The only file's text."),
    files: z.record(relativePath, content).optional().describe("Texts by path within the folder."),
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
    (inputs.content === undefined) === (inputs.files === undefined)
      ? [{ path: "content", reason: "needs exactly one of content, files" }]
      : [],
});
