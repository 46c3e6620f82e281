import * as z from "zod";
import { about } from "../model/field.ts";
import { resource } from "../model/resource.ts";
import { duration } from "../model/values.ts";
import { hostSettings } from "./host-settings.ts";
import { ssh } from "./servers.ts";

const onDelete = about(
  z.strictObject({
    drain: z
      .boolean()
      .default(true)
      .describe("Moves everything off the host first, keeping what services need to be up."),
    timeout: duration()
      .default("5m")
      .describe(
        "How long that may take; a delete that is not done by then fails, and the host goes on as it was.",
      ),
    force: z
      .boolean()
      .default(false)
      .describe(
        "Deletes it also where the machine cannot be reached (what is on it stays), or where not all has moved in time.",
      ),
  }),
  { type: "HostOnDelete" },
);

const inputs = z.strictObject({
  ssh: ssh.describe("How the machine is reached."),
  ...hostSettings,
  onDelete: onDelete
    .default({ drain: true, timeout: "5m", force: false })
    .describe("What happens to what runs there when the host is deleted."),
  agentVersion: z
    .string()
    .optional()
    .describe(
      "The agent's version. Computed: the provider's own, or the running agent's where that is newer; a change upgrades the agent in place.",
    ),
});

/** More than a document: its create makes a machine with nothing but sshd a host of the cluster. */
export const Host = resource({
  kind: "Host",
  plural: "hosts",
  doc: "A machine that runs services of a cluster, reached by SSH. Creating it brings everything there and joins the cluster; deleting it moves everything off and removes every trace.",
  namespaced: false,
  onCluster: true,
  inputs,
  stable: z.object({}),
  revised: z.object({
    address: z.string().describe("Where the other hosts reach it."),
    hostKeys: z
      .record(z.string(), z.string())
      .describe(
        "The SSH host keys of it and its jump hosts as last seen, by `ADDRESS:PORT`, after those on the way: `192.0.2.1:22 > 10.0.0.1:22`.",
      ),
  }),
  replaceWhenChanged: ["clusterId", "name"],
  ofProgramAlone: ["ssh", "onDelete", "agentVersion"],
});
