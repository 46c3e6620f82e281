import * as z from "zod";
import { about } from "../model/field.ts";
import { resource } from "../model/resource.ts";

const prefixes = { shortest: 8, longest: 29 };

const cidr = z
  .cidrv4({ error: (issue) => `"${String(issue.input)}" is no IPv4 range; write it like "172.20.0.0/16"` })
  .refine(
    (range) => {
      const prefix = Number(range.split("/")[1]);
      return prefix >= prefixes.shortest && prefix <= prefixes.longest;
    },
    { error: `must have a prefix from /${prefixes.shortest} to /${prefixes.longest}` },
  );

export const Network = resource({
  kind: "Network",
  plural: "networks",
  doc: "Services that reach each other and see each other's names, and, where it is isolated, no others. Services name it in their `networks`; those that name none are in their namespace's network `default`, which is open to the whole cluster unless a Network of that name says otherwise.",
  namespaced: true,
  inputs: z.strictObject({
    cidr: about(cidr, { replace: true })
      .optional()
      .describe(
        "Where services' fixed addresses in this network are from. Instances have addresses of their hosts' ranges beside.",
      ),
    internal: z
      .boolean()
      .default(false)
      .describe(
        "Has no way out of the cluster. A service that is also in another network may have one there.",
      ),
    isolated: z
      .boolean()
      .default(true)
      .describe("Its services reach each other alone. Without, they also take part in the open network."),
  }),
  stable: z.object({}),
  revised: z.object({}),
  replaceWhenChanged: ["clusterId", "namespace", "name", "cidr"],
});
