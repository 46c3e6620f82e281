import * as z from "zod";
import { about } from "../model/field.ts";

const bounds = { networks: 16, aliases: 32, nameBytes: 253 };

const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

const networkName = z.string().regex(new RegExp(`^(${label}/)?${label}$`), {
  error: (issue) => `"${String(issue.input)}" is no network; write its name, or "namespace/name"`,
});

const alias = z
  .string()
  .max(bounds.nameBytes)
  .regex(new RegExp(`^${label}(\\.${label})*$`), {
    error: (issue) =>
      `"${String(issue.input)}" is no DNS name; use a-z, 0-9 and -, in parts of at most 63 with dots between them`,
  });

/** A service's part in a network. */
const networkUse = about(
  z.strictObject({
    network: networkName.describe("The Network's name, with its `namespace/` where that is another one."),
    aliases: z
      .array(alias)
      .max(bounds.aliases)
      .optional()
      .describe(
        "More names of the service for those in this network: `db`, or in full with dots, `db.example.com`.",
      ),
    address: z
      .ipv4({ error: (issue) => `"${String(issue.input)}" is no IPv4 address` })
      .optional()
      .describe(
        "A fixed address of the network's `cidr` at which its only instance is reached, whichever that is.",
      ),
  }),
  { type: "NetworkUse" },
);

export const networkUses = z.array(networkUse).min(1).max(bounds.networks);

interface Uses {
  readonly networks?: readonly z.infer<typeof networkUse>[] | undefined;
  readonly replicas: number;
  readonly perHost: boolean;
}

/** What each field for itself cannot say. */
export function networkProblems({ networks = [], replicas, perHost }: Uses) {
  return networks.flatMap(({ network, address }, index) => {
    const path = `networks[${index}]`;
    const isFirst = networks.findIndex((one) => one.network === network) === index;
    const holder = networks.findIndex((one) => address !== undefined && one.address === address);
    return [
      ...(isFirst ? [] : [{ path: `${path}.network`, reason: `${network} is given twice` }]),
      ...(address === undefined || holder === index
        ? []
        : [{ path: `${path}.address`, reason: `${address} is given twice` }]),
      ...(address !== undefined && (perHost || replicas > 1)
        ? [
            {
              path: `${path}.address`,
              reason: `is one instance's; set replicas to 1, or leave it out: the service's name and its own address are balanced`,
            },
          ]
        : []),
    ];
  });
}
