import * as z from "zod";
import { about } from "../model/field.ts";
import { absolutePath, dnsLabel, environmentName, fileMode, quantity } from "../model/values.ts";

/** Folders and files from outside of the image. */
export const mount = about(
  z.strictObject({
    target: absolutePath.describe("Where it appears inside the container."),
    tmpfs: about(
      z.strictObject({
        size: quantity(4096).default("64Mi").describe("The most it may hold."),
        mode: fileMode.default("1777").describe("Permissions of the folder."),
      }),
      { type: "TmpfsMount" },
    )
      .optional()
      .describe("An empty folder in memory."),
    hostPath: about(
      z.strictObject({
        path: absolutePath.describe("A folder or file of the host."),
        create: z.boolean().default(false).describe("Makes the folder when it is missing."),
      }),
      { type: "HostPathMount" },
    )
      .optional()
      .describe("A folder or file of the host itself."),
    readOnly: z.boolean().default(false).describe("Refuses writes."),
  }),
  { type: "Mount" },
);

export const secretUse = about(
  z.strictObject({
    secret: dnsLabel.describe("Name of a `Secret` in the same namespace."),
    key: z
      .string()
      .min(1)
      .optional()
      .describe("Which of its `values`; left out for a `Secret` with a single `value`."),
    target: absolutePath.optional().describe("Delivers it as a file in memory at this path."),
    env: environmentName.optional().describe("Delivers it as this environment variable."),
    mode: fileMode.default("0400").describe("Permissions of the file."),
  }),
  { type: "SecretUse" },
);

export const configUse = about(
  z.strictObject({
    config: dnsLabel.describe("Name of a `ConfigFile` in the same namespace."),
    target: absolutePath.describe("The file's path, or the folder's where the `ConfigFile` has `files`."),
    mode: fileMode.default("0444").describe("Permissions of each file."),
  }),
  { type: "ConfigUse" },
);
