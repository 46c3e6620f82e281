import * as z from "zod";
import type { Violation } from "../errors.ts";
import { about } from "../model/field.ts";
import { joinPath } from "../model/paths.ts";
import { resource } from "../model/resource.ts";
import { hostSettings } from "./host-settings.ts";
import { imageStorage, registries } from "./registries.ts";
import { servers } from "./servers.ts";

const cidr = z.cidrv4({
  error: (issue) => `"${String(issue.input)}" is no IPv4 range; write it like "10.64.0.0/12"`,
});

/** How packets get from host to host. */
export const networkMode = z.enum(["wireguard", "direct"]);
export type NetworkMode = z.infer<typeof networkMode>;

const network = about(
  z.strictObject({
    cidr: about(cidr, { replace: true })
      .default("10.64.0.0/12")
      .describe("Instances' addresses; each host takes a /22 of it."),
    serviceCidr: about(cidr, { replace: true })
      .default("240.0.0.0/4")
      .describe("Services' virtual addresses."),
    domain: about(z.string().regex(/^[a-z0-9.-]+$/), { replace: true })
      .default("internal")
      .describe("The last part of names inside the cluster."),
    mode: networkMode
      .default("wireguard")
      .describe(
        "How packets get from host to host: `wireguard`, encrypted, over any network; `direct`, as they are, between hosts on one network segment that nobody else is on. A change in place interrupts traffic between hosts for about a second.",
      ),
  }),
  { type: "ClusterNetwork" },
);

const inputs = z.strictObject({
  servers: servers.optional(),
  network: network
    .default({ cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal", mode: "wireguard" })
    .describe("Addresses and names inside the cluster."),
  root: z
    .string()
    .startsWith("/", { error: "must be an absolute path" })
    .optional()
    .describe(
      "Folder that holds everything the agent owns. Default: the machine's own folders; on this machine `CONSTELLATION_ROOT` goes before them.",
    ),
  registries: registries.optional(),
  imageStorage: imageStorage.optional().describe("The room for images on a host's disk."),
  ...hostSettings,
  agentVersion: z
    .string()
    .optional()
    .describe(
      "The agent's version. Computed: the provider's own, or the running agent's where that is newer; a change upgrades the agent in place.",
    ),
  forceDestroy: z
    .boolean()
    .default(false)
    .describe("Deletes the cluster even while documents or hosts of other owners are on it."),
});
type Inputs = z.infer<typeof inputs>;

/** More than a document: its create brings up an agent, on this machine or on others over SSH. */
export const Cluster = resource({
  kind: "Cluster",
  plural: "clusters",
  doc: "Machines that keep the state and run services: this one, or one, three or five that are reached by SSH. Creating it starts their agents; deleting it removes every trace.",
  namespaced: false,
  inputs,
  stable: z.object({
    access: about(z.string(), { secret: true }).describe(
      "What other resources' `cluster` takes: how to reach this cluster, opaque.",
    ),
  }),
  revised: z.object({
    hostKeys: z
      .record(z.string(), z.string())
      .optional()
      .describe(
        "The SSH host keys of its servers and their jump hosts as last seen, by `ADDRESS:PORT`, after those on the way: `192.0.2.1:22 > 10.0.0.1:22`.",
      ),
  }),
  replaceWhenChanged: ["clusterId", "name", "root"],
  ofProgramAlone: ["servers", "agentVersion", "forceDestroy"],
  crossCheck: (given) => [...registryMistakes(given), ...serverMistakes(given)],
});

function registryMistakes({ registries: reached = {} }: Inputs): Violation[] {
  return Object.entries(reached).flatMap(([host, { plainHttp, caCertificate }]) =>
    plainHttp && caCertificate !== undefined
      ? [{ path: joinPath("registries", host), reason: "has plainHttp and a caCertificate; drop one" }]
      : [],
  );
}

/** A majority of them keeps the state going: of three one may die, of five two. */
const serverCounts: readonly number[] = [1, 3, 5];

function serverMistakes({ servers: named, labels, taints, reserved }: Inputs): Violation[] {
  if (named === undefined) return [];
  const found: Violation[] = [];
  const count = Object.keys(named).length;
  if (!serverCounts.includes(count))
    found.push({
      path: "servers",
      reason: `must be 1, 3 or 5, not ${count}: ${count === 0 ? "somebody keeps the state" : "an even number survives no more deaths than one less"}`,
    });
  for (const [path, value] of Object.entries({ labels, taints, reserved }))
    if (value !== undefined)
      found.push({ path, reason: `is for a cluster of this machine; write it as servers.NAME.${path}` });
  return found;
}
