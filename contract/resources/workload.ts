import * as z from "zod";
import { limits } from "../limits.ts";
import { about } from "../model/field.ts";
import { ipAddress, signalName, ulimitName } from "../model/linux.ts";
import { absolutePath, dnsLabel, duration, environmentName, port, quantity } from "../model/values.ts";
import { placement } from "./placement.ts";
import { registryCredential } from "./registries.ts";
import { configUse, mount, secretUse } from "./workload-files.ts";
import { networkUses } from "./workload-networks.ts";
import { probe } from "./workload-probes.ts";
import { security, ulimit } from "./workload-security.ts";

const strings = z.array(z.string());

const portSpec = about(
  z.strictObject({
    port: port.describe("The port other instances reach the service at."),
    name: dnsLabel.optional().describe("Names the port; needed by nothing yet, shown in listings."),
    targetPort: port.optional().describe("The port the container listens on. Default: `port`."),
    protocol: z.enum(["tcp", "udp"]).default("tcp").describe("The transport protocol."),
    publish: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe(
        "Makes the port reachable at every host's own addresses under this number; 0 picks a free one and keeps it.",
      ),
    hostIp: z
      .ipv4({ error: (issue) => `"${String(issue.input)}" is no IPv4 address` })
      .optional()
      .describe("Publishes at this address of the host alone, for instance `127.0.0.1`."),
  }),
  { type: "Port" },
);

const resources = about(
  z.strictObject({
    cpu: z
      .number()
      .min(0.001)
      .max(1024)
      .optional()
      .describe("Cores the scheduler reserves; a weight under contention, no cap."),
    memory: quantity(4 * 2 ** 20)
      .optional()
      .describe("Memory the scheduler reserves; also the hard limit unless `limits.memory` is higher."),
    limits: about(
      z.strictObject({
        cpu: z.number().min(0.01).max(1024).optional().describe("The most cores it may use."),
        memory: quantity(4 * 2 ** 20)
          .optional()
          .describe("The most memory it may use before it is killed."),
        pids: z
          .int()
          .min(1)
          .max(4_000_000)
          .optional()
          .describe(`The most processes and threads at once. Default: ${limits.defaultPids}.`),
      }),
      { type: "ResourceLimits" },
    )
      .optional()
      .describe("Hard ceilings."),
  }),
  { type: "Resources" },
);

const restart = about(
  z.strictObject({
    policy: z
      .enum(["always", "on-failure", "never"])
      .default("always")
      .describe(
        "When a container that ended starts again. One that was killed by `exclusive` or `disconnect.stopAfter` always does.",
      ),
    delay: duration({ minMs: 100 })
      .default("1s")
      .describe("Before the first restart; doubles each time up to 30 s."),
    maxAttempts: z
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .describe("Give up after this many restarts within `window`. Default: never."),
    window: duration({ minMs: 1_000 })
      .default("5m")
      .describe("Running this long resets the delay and the count."),
  }),
  { type: "Restart" },
);

const logging = about(
  z.strictObject({
    driver: z.enum(["file", "none"]).default("file").describe("Where output goes."),
    maxSize: quantity(4096).default("10Mi").describe("The most one log file takes."),
    maxFiles: z
      .int()
      .min(1)
      .max(100)
      .default(3)
      .describe(
        "How many files are kept. Together they take `maxSize` times `maxFiles` at most, however fast it writes.",
      ),
  }),
  { type: "Logging" },
);

/** One container's own fields. */
export const container = {
  image: z
    .string()
    .min(1)
    .describe(
      "`docker.io/library/nginx:1.27`, `oci:path/to/layout:tag` or `docker-archive:file.tar`; local paths start at the program's folder.",
    ),
  imageDigest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, { error: 'must look like "sha256:" and 64 hex digits' })
    .optional()
    .describe(
      "The manifest to run. Computed for local images and with `pullPolicy: always`, so that another image is a change.",
    ),
  pullPolicy: about(z.enum(["always", "missing", "never"]), { type: "PullPolicy" })
    .default("missing")
    .describe(
      "When a registry is asked what a tag names: `always` at each `up`; `missing` when the workload changes; `never`, for images that are here already.",
    ),
  imageCredentials: z
    .array(registryCredential)
    .max(16)
    .optional()
    .describe("Who asks a registry for the image. Default: the host's own `auth.json`, else nobody."),
  command: strings.optional().describe("Replaces the image's ENTRYPOINT and drops its CMD."),
  args: strings.optional().describe("Replaces the image's CMD; `[]` clears it."),
  env: z
    .record(environmentName, z.string())
    .refine((env) => Object.keys(env).length <= limits.envPerContainer, {
      error: `must have at most ${limits.envPerContainer} variables`,
    })
    .optional()
    .describe("Environment variables; `$(NAME)` expands in values, `command` and `args`."),
  user: z
    .string()
    .min(1)
    .optional()
    .describe("`name`, `uid`, `name:group` or `uid:gid`. Default: the image's."),
  groups: strings.optional().describe("Supplementary groups, names or numbers."),
  workingDir: absolutePath.optional().describe("The process's working folder. Default: the image's."),
  ports: z
    .array(portSpec)
    .max(limits.portsPerContainer)
    .optional()
    .describe("Ports with a name, another target or a published number."),
  resources: resources.optional().describe("What it needs and the most it may take."),
  healthCheck: probe.optional().describe("Failing takes it out of traffic."),
  liveness: probe.optional().describe("Failing restarts it."),
  restart: restart.optional().describe("What happens when it ends."),
  mounts: z.array(mount).optional().describe("Folders and files from outside."),
  secrets: z.array(secretUse).optional().describe("Secrets it gets, as variables or files in memory."),
  configs: z.array(configUse).optional().describe("Config files it gets, read-only."),
  stopSignal: signalName.optional().describe("Asks it to stop. Default: the image's, else SIGTERM."),
  stopGracePeriod: duration({ maxMs: 3_600_000 }).default("10s").describe("From the stop signal to SIGKILL."),
  security: security.optional().describe("What it may do on the host."),
  ulimits: z.record(ulimitName, ulimit).optional().describe("Resource limits by name, like `nofile`."),
  shmSize: quantity(4096).optional().describe("Size of /dev/shm. Default: 64Mi."),
  logging: logging.optional().describe("What happens to its output."),
};

const hostName = z.string().regex(/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/, {
  error: (issue) => `"${String(issue.input)}" is no host's name`,
});

const disconnect = about(
  z.strictObject({
    stopAfter: duration({ minMs: 5_000 })
      .optional()
      .describe(
        "A host that is cut off for this long stops it by itself, and starts it again once it is not: no server answers it that reaches most of the servers. Default: never.",
      ),
    replaceAfter: duration()
      .default("0s")
      .describe("How long a host must be lost before another takes its instance's place."),
    reconcile: about(z.enum(["replacement", "original"]), { type: "Reconcile" })
      .default("replacement")
      .describe("Which of the two stays when the host is back and both are healthy."),
  }),
  { type: "Disconnect" },
);

/** What belongs to the whole instance. */
export const instance = {
  hostname: dnsLabel.optional().describe("Default: the slot's name, `web-0`."),
  aliases: z.array(dnsLabel).optional().describe("More names of the service in its namespace."),
  networks: networkUses
    .optional()
    .describe("Networks it takes part in. Default: its namespace's network `default`."),
  extraHosts: z.record(hostName, ipAddress).optional().describe("Names and addresses for /etc/hosts."),
  labels: z
    .record(z.string(), z.string())
    .optional()
    .describe("Free text about it, for people and selectors."),
  disconnect: disconnect.optional().describe("What becomes of its instances while their host is lost."),
  exclusive: z
    .boolean()
    .optional()
    .describe(
      "Each instance runs at most once, whatever fails: a host that is cut off stops it within 12 s, and only then does another start it. Always `stop-first`.",
    ),
  placement: placement.optional().describe("Which hosts take its instances. Default: any, evenly."),
};
