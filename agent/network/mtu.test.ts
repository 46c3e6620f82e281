import { expect, test } from "@jest/globals";
import { mtuTo } from "./mtu.ts";

const host = {
  ...{ name: "alpha", cidr: "10.64.0.0/22", gateway: "10.64.0.1", clusterCidr: "10.64.0.0/12" },
  ...{ serviceCidr: "240.0.0.0/4", domain: "internal" },
};
const routes = [
  { destination: "0.0.0.0/0", device: "eth0" },
  { destination: "192.0.2.0/24", device: "eth1" },
  { destination: "192.0.2.128/25", device: "eth2" },
  { destination: "240.0.0.0/4", device: "cst0" },
];
const devices = [
  ...[
    { name: "lo", mtu: 65_536 },
    { name: "eth0", mtu: 1_500 },
  ],
  ...[
    { name: "eth1", mtu: 9_001 },
    { name: "eth2", mtu: 1_400 },
    { name: "cst0", mtu: 1_500 },
  ],
];
const peer = (name: string, address: string | undefined, wireguardKey?: string) => ({
  ...{ name, cidr: `10.64.${name.charCodeAt(0)}.0/22` },
  ...(address !== undefined && { address }),
  ...(wireguardKey !== undefined && { wireguardKey }),
});

test.each([
  ["nobody else", [], 1_500],
  ["one by the default route", [peer("b", "198.51.100.7")], 1_500],
  ["one on a network of jumbo frames", [peer("b", "192.0.2.7")], 9_001],
  [
    "the narrowest of several, by the longest prefix",
    [peer("b", "192.0.2.7"), peer("c", "192.0.2.200")],
    1_400,
  ],
  ["a tunnel over IPv4", [peer("b", "198.51.100.7", "B=")], 1_440],
  ["a tunnel over jumbo frames", [peer("b", "192.0.2.7", "B=")], 8_941],
  ["one in a tunnel, one without", [peer("b", "192.0.2.7", "B="), peer("c", "192.0.2.9")], 8_941],
  ["only such as cannot be dialled", [peer("b", undefined, "B=")], 1_440],
])("packets to %s", (_, peers, size) => {
  expect(mtuTo({ host, peers }, routes, devices)).toBe(size);
});

test("where no route is known, what is usual", () => {
  expect(mtuTo({ host, peers: [peer("b", "198.51.100.7")] }, [], devices)).toBe(1_500);
});
