import * as z from "zod";
import { about } from "../model/field.ts";
import { duration, port } from "../model/values.ts";

const httpProbe = about(
  z.strictObject({
    path: z
      .string()
      .startsWith("/", { error: "must start with /" })
      .default("/")
      .describe("The request's path."),
    port: port.describe("The container's port."),
    scheme: z.enum(["http", "https"]).default("http").describe("`https` does not verify the certificate."),
    headers: z.record(z.string(), z.string()).optional().describe("Headers to send."),
  }),
  { type: "HttpProbe" },
);

const tcpProbe = about(z.strictObject({ port: port.describe("The container's port.") }), {
  type: "TcpProbe",
});

const execProbe = about(
  z.strictObject({
    command: z.array(z.string()).min(1).describe("Runs inside the container; exit code 0 is healthy."),
  }),
  { type: "ExecProbe" },
);

/** Probes repeat every 100 ms until first healthy, then every `interval`. */
export const probe = about(
  z.strictObject({
    http: httpProbe.optional().describe("Healthy when a GET answers with 200 to 399."),
    tcp: tcpProbe.optional().describe("Healthy when a connection opens."),
    exec: execProbe.optional().describe("Healthy when a command succeeds."),
    interval: duration({ minMs: 100 }).default("10s").describe("Between two probes once healthy."),
    timeout: duration({ minMs: 10 }).default("5s").describe("How long one probe may take."),
    retries: z.int().min(1).max(100).default(3).describe("Failures in a row that make it unhealthy."),
    successes: z.int().min(1).max(100).default(1).describe("Successes in a row that make it healthy again."),
    startPeriod: duration().default("0s").describe("Failures within this time after the start do not count."),
  }),
  { type: "Probe" },
);
