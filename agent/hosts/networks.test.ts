import { expect, test } from "@jest/globals";
import { isBehindNat, refusalOfNetworks } from "./networks.ts";

const network = {
  cidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
  mode: "direct" as const,
};
const eth0 = (range: string) => [
  { device: "lan", range: "192.0.2.9/24" },
  { device: "eth0", range },
];

test("a machine in a network within the cluster's cannot be a host, and is told which", () => {
  expect(refusalOfNetworks(network, eth0("10.70.1.5/24"))).toMatch(
    /^the cluster's network.cidr, 10.64.0.0\/12, overlaps 10.70.1.5\/24, which eth0 of this machine is in; /,
  );
  expect(refusalOfNetworks(network, eth0("10.80.0.5/12"))).toBeUndefined();
});

test("a machine that comes from another address than its own is behind a translator", () => {
  expect(isBehindNat("10.1.2.3", eth0("10.1.2.3/24"))).toBe(false);
  expect(isBehindNat("10.1.2.30", eth0("10.1.2.3/24"))).toBe(true);
});
