import * as z from "zod";
import { about } from "../model/field.ts";
import { joinPath } from "../model/paths.ts";
import { resource } from "../model/resource.ts";
import { hostSettings } from "./host-settings.ts";
import { imageStorage, registries } from "./registries.ts";

const cidr = z.cidrv4({
  error: (issue) => `"${String(issue.input)}" is no IPv4 range; write it like "10.64.0.0/12"`,
});

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
  }),
  { type: "ClusterNetwork" },
);

/** More than a document: its create brings up an agent on this machine. */
export const Cluster = resource({
  kind: "Cluster",
  plural: "clusters",
  doc: "One machine, this one, that runs services. Creating it starts the agent; deleting it removes every trace.",
  namespaced: false,
  inputs: z.strictObject({
    network: network
      .default({ cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" })
      .describe("Addresses and names inside the cluster."),
    root: z
      .string()
      .startsWith("/", { error: "must be an absolute path" })
      .optional()
      .describe(
        "Folder that holds everything the agent owns. Default: `CONSTELLATION_ROOT`, else the machine's own folders.",
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
      .describe("Deletes the cluster even while documents of other owners exist."),
  }),
  stable: z.object({
    access: about(z.string(), { secret: true }).describe(
      "What other resources' `cluster` takes: how to reach this cluster, opaque.",
    ),
  }),
  revised: z.object({}),
  replaceWhenChanged: ["clusterId", "name", "network", "root"],
  crossCheck: ({ registries: reached = {} }) =>
    Object.entries(reached).flatMap(([host, { plainHttp, caCertificate }]) =>
      plainHttp && caCertificate !== undefined
        ? [{ path: joinPath("registries", host), reason: "has plainHttp and a caCertificate; drop one" }]
        : [],
    ),
});
