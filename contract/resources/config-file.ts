import * as z from "zod";
import { resource } from "../model/resource.ts";
import { content, exactlyOne, onChange } from "./content.ts";

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
    onChange,
  }),
  stable: z.object({}),
  revised: z.object({}),
  replaceWhenChanged: ["clusterId", "namespace", "name"],
  crossCheck: exactlyOne("content", "files"),
});
