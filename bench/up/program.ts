import { image, type Program, type ResourceSpec } from "../../test/e2e/stack.ts";

/** A cluster and so many services on it: one instance each of a local image, reserved so little that all fit. */
export function programOf(services: number): Program {
  const names = Array.from({ length: services }, (_, index) => `service-${index}`);
  const resources = Object.fromEntries(names.map((name) => [name, service]));
  return { resources: { local: { type: "constellation:Cluster" }, ...resources } };
}

const service: ResourceSpec = {
  type: "constellation:Service",
  properties: {
    cluster: "${local.access}",
    image: image("busybox"),
    command: ["sleep", "1000000"],
    env: { GREETING: "hello", LEVEL: "info" },
    ports: [{ port: 8000 }],
    resources: { cpu: 0.001, memory: "4Mi" },
    stopGracePeriod: "1s",
    update: { minHealthyTime: "0s" },
  },
};
