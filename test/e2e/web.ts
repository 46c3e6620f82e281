import { image, type ResourceSpec } from "./stack.ts";

/** A service of busybox's httpd on port 8000 that answers with its own host name; `more` overrides. */
export function web(more: Record<string, unknown> = {}): ResourceSpec {
  return {
    type: "constellation:Service",
    properties: {
      cluster: "${local.access}",
      image: image("busybox"),
      command: ["httpd", "-f", "-p", "8000", "-h", "/etc"],
      healthCheck: { http: { path: "/hostname", port: 8000 } },
      stopGracePeriod: "1s",
      ...more,
    },
  };
}

/** A service that runs a line of shell; nothing asks after its health. */
export function script(line: string, more: Record<string, unknown> = {}): ResourceSpec {
  return {
    type: "constellation:Service",
    properties: {
      cluster: "${local.access}",
      image: image("busybox"),
      command: ["sh", "-c", line],
      stopGracePeriod: "1s",
      ...more,
    },
  };
}

export const local: ResourceSpec = { type: "constellation:Cluster" };
