import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Endpoint, RoutedPort, ServiceRoute } from "../session/index.ts";
import { planTraffic } from "./plan.ts";

const host = {
  name: "alpha",
  cidr: "10.64.0.0/22",
  gateway: "10.64.0.1",
  clusterCidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
};
const devices = { devicePrefix: "cst", anchor: "cst0" };
const plan = (...services: ServiceRoute[]) =>
  planTraffic({ host, services, placements: [], specs: {} }, devices);

function route(uid: string, more: Partial<ServiceRoute> = {}): ServiceRoute {
  const address = "240.0.0.1";
  return {
    uid,
    namespace: "default",
    name: uid,
    aliases: [],
    address,
    discovery: "virtual",
    ports: [],
    endpoints: [],
    ...more,
  };
}

function endpoint(address: string, on = "alpha"): Endpoint {
  return { instance: `i-${address}`, name: "web-0", address, host: on };
}

function port(number: number, more: Partial<RoutedPort> = {}): RoutedPort {
  return { protocol: "tcp", port: number, targetPort: number, ...more };
}

test("targets are the endpoints in order of their address as a number", () => {
  const endpoints = ["10.64.0.10", "10.64.0.9", "10.64.1.1"].map((address) => endpoint(address));
  expect(plan(route("a", { endpoints })).services[0]?.targets).toEqual([
    "10.64.0.9",
    "10.64.0.10",
    "10.64.1.1",
  ]);
});

test("only ports with another number at the instances are translated", () => {
  const ports = [port(80), port(443, { targetPort: 8443 }), port(53, { protocol: "udp", targetPort: 5353 })];
  expect(plan(route("a", { ports })).services[0]?.translated).toEqual([
    { protocol: "tcp", port: 443, targetPort: 8443 },
    { protocol: "udp", port: 53, targetPort: 5353 },
  ]);
});

describe("published ports", () => {
  const near = endpoint("10.64.0.2");
  const far = endpoint("10.64.4.2", "beta");

  test.each([
    ["instances on this host, where there are any", [far, near], ["10.64.0.2"]],
    ["else those of other hosts", [far], ["10.64.4.2"]],
    ["or none", [], []],
  ])("lead to %s", (_, endpoints, targets) => {
    const { published } = plan(route("a", { endpoints, ports: [port(80, { publish: 8080 }), port(81)] }));
    expect(published).toEqual([{ protocol: "tcp", port: 8080, targetPort: 80, targets }]);
  });

  test("are at one address where one is named", () => {
    const ports = [
      port(80, { publish: 1, hostIp: "127.0.0.1" }),
      port(80, { publish: 2, hostIp: "0.0.0.0" }),
    ];
    expect(plan(route("a", { ports })).published.map(({ hostIp }) => hostIp)).toEqual([
      "127.0.0.1",
      undefined,
    ]);
  });

  test("go to one service when two claim them, whatever the order", () => {
    const [a, b] = ["a", "b"].map((uid, index) =>
      route(uid, { ports: [port(80, { publish: 80, targetPort: index })], address: `240.0.0.${index}` }),
    ) as [ServiceRoute, ServiceRoute];
    for (const both of [plan(a, b), plan(b, a)]) expect(both.published).toMatchObject([{ targetPort: 0 }]);
  });
});

test("the order of an assignment does not matter, and keys are unique", () => {
  const address = fc.integer({ min: 1, max: 20 }).map((last) => `10.64.0.${last}`);
  const routes = fc.uniqueArray(
    fc.record({
      uid: fc.integer({ min: 0, max: 50 }).map((number) => `uid-${number}`),
      address: fc.integer({ min: 1, max: 9 }).map((last) => `240.0.0.${last}`),
      endpoints: fc.array(
        fc.tuple(address, fc.constantFrom("alpha", "beta")).map((args) => endpoint(...args)),
      ),
      ports: fc.array(
        fc.record({
          protocol: fc.constantFrom("tcp" as const, "udp" as const),
          port: fc.integer({ min: 1, max: 4 }),
          targetPort: fc.integer({ min: 1, max: 4 }),
          publish: fc.integer({ min: 1, max: 4 }),
        }),
        { maxLength: 4 },
      ),
    }),
    { selector: ({ uid }) => uid, maxLength: 8 },
  );
  fc.assert(
    fc.property(routes, (given) => {
      const services = given.map(({ uid, ...more }) => route(uid, more));
      const planned = plan(...services);
      expect(plan(...services.toReversed())).toEqual(planned);
      const addresses = planned.services.map(({ address }) => address);
      expect(new Set(addresses).size).toBe(addresses.length);
      const ports = planned.published.map(({ protocol, port, hostIp }) => `${protocol} ${port} ${hostIp}`);
      expect(new Set(ports).size).toBe(ports.length);
    }),
  );
});
