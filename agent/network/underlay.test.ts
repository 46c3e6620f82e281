import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { PeerRoute } from "./types.ts";
import { decideRoutes, routesToPeers, tunnelTo } from "./underlay.ts";

const host = {
  name: "alpha",
  cidr: "10.64.0.0/22",
  gateway: "10.64.0.1",
  clusterCidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
};
const tunnel = "cst1";
const beta = { name: "beta", address: "10.77.0.12", cidr: "10.64.4.0/22" };
const gamma = { name: "gamma", address: "10.77.0.13", cidr: "10.64.8.0/22" };

test("each other host's range is behind its address, and what starts here comes from the host's own in the cluster", () => {
  const alpha = { name: "alpha", address: "10.77.0.11", cidr: host.cidr };
  const thief = { name: "zeta", address: "10.77.0.99", cidr: beta.cidr };
  const ownRange = { name: "eta", address: "10.77.0.98", cidr: host.cidr };
  expect(routesToPeers({ host, peers: [thief, gamma, alpha, ownRange, beta] }, tunnel)).toEqual([
    { destination: "10.64.4.0/22", gateway: "10.77.0.12", source: "10.64.0.1" },
    { destination: "10.64.8.0/22", gateway: "10.77.0.13", source: "10.64.0.1" },
  ]);
  expect(routesToPeers({ host }, tunnel)).toEqual([]);
});

test("hosts with a key are behind the tunnel", () => {
  const peers = [gamma, { ...beta, wireguardKey: "B=" }];
  expect(routesToPeers({ host, peers }, tunnel)).toEqual([
    { destination: "10.64.4.0/22", device: tunnel, source: "10.64.0.1" },
    { destination: "10.64.8.0/22", gateway: "10.77.0.13", source: "10.64.0.1" },
  ]);
  expect(tunnelTo({ host, peers }, 1440)).toEqual({
    ...{ listenPort: 7445, mtu: 1440 },
    peers: [{ publicKey: "B=", endpoint: "10.77.0.12:7445", ranges: ["10.64.4.0/22"] }],
  });
  expect(tunnelTo({ host, peers: [gamma] }, 1440)).toBeUndefined();
});

test("a host that cannot be dialled says where it is; what one passes on for another is sent to it", () => {
  const server = { ...beta, wireguardKey: "B=", keepsOpen: true };
  const edge = { name: "edge", cidr: "10.64.12.0/22", wireguardKey: "E=" };
  const peers = [server, { ...edge, via: "beta" }];
  expect(tunnelTo({ host, peers: [edge] }, 1440)?.peers).toEqual([{ publicKey: "E=", ranges: [edge.cidr] }]);
  expect(tunnelTo({ host, peers }, 1440)?.peers).toEqual([
    {
      ...{ publicKey: "B=", endpoint: "10.77.0.12:7445", keepAliveSeconds: 25 },
      ranges: [beta.cidr, edge.cidr],
    },
  ]);
  expect(routesToPeers({ host, peers }, tunnel).map(({ device }) => device)).toEqual([tunnel, tunnel]);
});

const way = fc.constantFrom({ gateway: "10.77.0.12" }, { gateway: "10.77.0.13" }, { device: "cst1" });
const route = fc.record({
  destination: fc.constantFrom("10.64.4.0/22", "10.64.8.0/22", "10.64.12.0/22"),
  way,
});
const routes = fc
  .uniqueArray(route, { selector: ({ destination }) => destination })
  .map((some) =>
    some.map(({ destination, way }): PeerRoute => ({ destination, ...way, source: host.gateway })),
  );
const foreign = [
  { destination: "0.0.0.0/0", gateway: "10.77.0.1" },
  { destination: "10.99.0.0/16", gateway: "10.77.0.2", source: "10.77.0.11" },
  { destination: "240.0.0.0/4", source: host.gateway },
];

test("whatever is there becomes what is wanted in one step, and nobody else's route is touched", () => {
  fc.assert(
    fc.property(routes, routes, (found, wanted) => {
      const { ensure, remove } = decideRoutes(wanted, [...foreign, ...found], host, tunnel);
      const after = new Map(found.map((each) => [each.destination, each]));
      for (const { destination } of remove) after.delete(destination);
      for (const each of ensure) after.set(each.destination, each);
      expect([...after.values()]).toEqual(expect.arrayContaining(wanted));
      expect(after.size).toBe(wanted.length);
      expect(decideRoutes(wanted, [...foreign, ...wanted], host, tunnel)).toEqual({ ensure: [], remove: [] });
    }),
  );
});
