import { expect, test } from "@jest/globals";
import { addressAmong, defaultDevice } from "./host-address.ts";

const header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
const route = (device: string, destination: string, flags: string, metric: number, mask = destination) =>
  `${device}\t${destination}\t010200C0\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0  `;
const table = (...routes: string[]) => [header, ...routes, ""].join("\n");

test.each([
  ["the only default route", [route("eth0", "00000000", "0003", 0)], "eth0"],
  [
    "the one with the lowest metric",
    [route("wlan0", "00000000", "0003", 600), route("eth0", "00000000", "0003", 100)],
    "eth0",
  ],
  ["one that is up", [route("eth0", "00000000", "0002", 0), route("wlan0", "00000000", "0003", 9)], "wlan0"],
  ["half of all addresses is no default", [route("tun0", "00000000", "0003", 0, "00000080")], undefined],
  ["no route", [], undefined],
])("%s", (_, routes, device) => {
  expect(defaultDevice(table(...routes))).toBe(device);
});

const entry = (address: string, internal = false) => ({
  ...{ address, internal, family: "IPv4" as const, netmask: "255.255.255.0" },
  ...{ mac: "00:00:00:00:00:00", cidr: `${address}/24` },
});
const interfaces = {
  lo: [entry("127.0.0.1", true)],
  docker0: [entry("172.17.0.1")],
  cstgw: [entry("10.64.0.1")],
  eth0: [entry("192.0.2.7")],
};

test.each([
  ["eth0", "192.0.2.7"],
  ["lo", "172.17.0.1"],
  ["gone0", "172.17.0.1"],
  [undefined, "172.17.0.1"],
])("with the default route out of %s, the address is %s", (device, address) => {
  expect(addressAmong(interfaces, device, "10.64.0.1")).toBe(address);
});

test("a machine without a network has its loopback address", () => {
  expect(addressAmong({ lo: [entry("127.0.0.1", true)] }, undefined, "10.64.0.1")).toBe("127.0.0.1");
});
