import * as z from "zod";
import { limits } from "../limits.ts";
import { about } from "../model/field.ts";
import { resource } from "../model/resource.ts";
import { duration } from "../model/values.ts";
import { placementProblems } from "./placement.ts";
import { container, instance } from "./workload.ts";
import { networkProblems } from "./workload-networks.ts";

const updatePolicy = about(
  z.strictObject({
    strategy: z
      .enum(["start-first", "stop-first"])
      .optional()
      .describe(
        "Which of the old and the new instance yields. Default: `stop-first` with a writable `hostPath`, else `start-first`.",
      ),
    maxSurge: z
      .int()
      .min(1)
      .max(1_000)
      .default(1)
      .describe("Instances above `replicas` at once, start-first."),
    maxUnavailable: z.int().min(1).max(1_000).default(1).describe("Instances missing at once, stop-first."),
    minHealthyTime: duration()
      .default("500ms")
      .describe("How long it must run before it counts as healthy where it has no health check."),
    deadline: duration({ minMs: 1_000 })
      .default("5m")
      .describe("How long an apply waits for the new revision to be healthy."),
  }),
  { type: "UpdatePolicy" },
);

const endpoint = about(
  z.strictObject({
    name: z.string().optional().describe("The port's name."),
    protocol: z.enum(["tcp", "udp"]).describe("The transport protocol."),
    port: z.int().describe("The published number."),
    hostIp: z.string().optional().describe("The only address it is published at."),
    targetPort: z.int().describe("The container's port."),
  }),
  { type: "Endpoint" },
);

export const Service = resource({
  kind: "Service",
  plural: "services",
  doc: "Wanted instances of one workload, kept running, healthy and reachable by name.",
  namespaced: true,
  inputs: z.strictObject({
    ...container,
    ...instance,
    replicas: z.int().min(0).max(limits.replicas).default(1).describe("How many instances run at once."),
    perHost: z
      .boolean()
      .default(false)
      .describe("Runs one instance on every host that `placement` allows, in place of `replicas`."),
    update: updatePolicy.optional().describe("How instances of an older revision are replaced."),
    discovery: about(z.enum(["virtual", "instances"]), { type: "ServiceDiscovery" })
      .default("virtual")
      .describe("What the service's name resolves to: its virtual address, or its healthy instances' own."),
    waitFor: about(z.enum(["healthy", "started", "none"]), { type: "ServiceWaitFor" })
      .default("healthy")
      .describe("What an apply waits for."),
  }),
  stable: z.object({
    address: z.string().describe("The virtual address that balances over the healthy instances."),
    addresses: z.array(z.string()).describe("Every virtual address of the service."),
    dnsName: z.string().describe("The full name inside the cluster."),
  }),
  revised: z.object({
    imageDigest: z.string().describe("The digest of the image that runs, resolved once a revision."),
    endpoints: z.array(endpoint).describe("The published ports."),
  }),
  replaceWhenChanged: ["clusterId", "namespace", "name"],
  exclusive: ({ ports = [], networks = [] }) => [
    ...ports.flatMap(({ protocol, publish }) => (publish ? [`${protocol} port ${publish}`] : [])),
    ...networks.flatMap(({ address }) => (address === undefined ? [] : [`address ${address}`])),
  ],
  crossCheck: (inputs) => [
    ...placementProblems(inputs.placement ?? {}),
    ...networkProblems(inputs),
    ...(inputs.perHost && inputs.replicas !== 1
      ? [{ path: "replicas", reason: "is how many hosts there are with perHost; leave one of them out" }]
      : []),
    ...exclusiveProblems(inputs),
    ...eachWithExactlyOne("healthCheck", [inputs.healthCheck], ["http", "tcp", "exec"]),
    ...eachWithExactlyOne("liveness", [inputs.liveness], ["http", "tcp", "exec"]),
    ...eachWithExactlyOne("mounts", inputs.mounts ?? [], ["tmpfs", "hostPath"]),
    ...eachWithExactlyOne("secrets", inputs.secrets ?? [], ["target", "env"]),
    ...Object.entries(inputs.ulimits ?? {}).flatMap(([name, { soft, hard }]) =>
      hard === -1 || (soft !== -1 && soft <= hard)
        ? []
        : [{ path: `ulimits.${name}.soft`, reason: `must not be above hard, ${hard}` }],
    ),
    ...duplicates(
      "ports",
      (inputs.ports ?? []).map((port) => `${port.protocol} port ${port.port}`),
    ),
    ...publishedTwice(inputs.ports ?? []),
    ...duplicates(
      "imageCredentials",
      (inputs.imageCredentials ?? []).map(({ registry }) => `registry ${registry}`),
    ),
    ...duplicates(
      "mounts",
      (inputs.mounts ?? []).map((mount) => `target ${mount.target}`),
    ),
  ],
});

interface Exclusive {
  readonly exclusive?: boolean | undefined;
  readonly perHost: boolean;
  readonly update?: { readonly strategy?: string | undefined; readonly maxSurge: number } | undefined;
}

/** Two at once are what `exclusive` rules out. */
function exclusiveProblems({ exclusive, perHost, update }: Exclusive) {
  if (!exclusive) return [];
  return [
    ...(perHost ? [{ path: "exclusive", reason: "needs slots that can move; leave out perHost" }] : []),
    ...(update?.strategy === "start-first"
      ? [{ path: "update.strategy", reason: "must be stop-first with exclusive" }]
      : []),
    ...(update !== undefined && update.maxSurge !== 1
      ? [{ path: "update.maxSurge", reason: "is for start-first; with exclusive the old one stops first" }]
      : []),
  ];
}

function eachWithExactlyOne(
  path: string,
  items: readonly (object | undefined)[],
  members: readonly string[],
) {
  return items.flatMap((item, index) => {
    if (item === undefined) return [];
    const given = members.filter((member) => (item as Record<string, unknown>)[member] !== undefined);
    if (given.length === 1) return [];
    const at = items.length === 1 && !path.endsWith("s") ? path : `${path}[${index}]`;
    return [
      {
        path: at,
        reason: `needs exactly one of ${members.join(", ")}; it has ${given.join(" and ") || "none"}`,
      },
    ];
  });
}

function duplicates(path: string, names: readonly string[]) {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst ? [] : [{ path: `${path}[${index}]`, reason: `${name} is given twice` }];
  });
}

interface PublishedPort {
  readonly protocol: string;
  readonly publish?: number | undefined;
  readonly hostIp?: string | undefined;
}

/** Without one, or with 0.0.0.0, a port is published at every address. */
function sharesAddress(a: PublishedPort, b: PublishedPort): boolean {
  const [one, other] = [a, b].map(({ hostIp = "0.0.0.0" }) => hostIp);
  return one === other || one === "0.0.0.0" || other === "0.0.0.0";
}

function publishedTwice(ports: readonly PublishedPort[]) {
  return ports.flatMap((port, index) => {
    const { protocol, publish } = port;
    const isGiven = ports
      .slice(0, index)
      .some((one) => one.protocol === protocol && one.publish === publish && sharesAddress(one, port));
    const reason = `published ${protocol} port ${publish} is given twice`;
    return publish && isGiven ? [{ path: `ports[${index}]`, reason }] : [];
  });
}
