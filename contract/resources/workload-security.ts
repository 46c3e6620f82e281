import * as z from "zod";
import { about } from "../model/field.ts";
import { capabilityName } from "../model/linux.ts";

/** What a container may do on its host. */
export const security = about(
  z.strictObject({
    capabilities: about(
      z.strictObject({
        add: z
          .array(capabilityName)
          .optional()
          .describe(
            "Linux capabilities beyond the usual set, like `NET_ADMIN`; `ALL` is every one that the host can give.",
          ),
        drop: z
          .array(capabilityName)
          .optional()
          .describe("Capabilities to take away; `ALL` takes every one."),
      }),
      { type: "Capabilities" },
    )
      .optional()
      .describe("Changes to the usual set of capabilities."),
    readOnlyRoot: z.boolean().default(false).describe("Mounts the root file system read-only."),
    noNewPrivileges: z.boolean().default(true).describe("Stops set-user-id programs from gaining rights."),
    seccomp: z.enum(["default", "unconfined"]).default("default").describe("The filter of system calls."),
    cloudMetadata: z
      .boolean()
      .default(false)
      .describe(
        "Lets it ask the cloud's metadata service (169.254.169.254 and the like), which hands out the host's credentials.",
      ),
  }),
  { type: "Security" },
);

export const ulimit = about(
  z.strictObject({
    soft: z.int().min(-1).describe("The limit in force; -1 is unlimited."),
    hard: z.int().min(-1).describe("How far a process may raise it; -1 is unlimited."),
  }),
  { type: "Ulimit" },
);
