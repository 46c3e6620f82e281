import { expect, test } from "@jest/globals";
import { changesOf, parseDump, type TunnelInput } from "./settings.ts";

const own = { publicKey: "own", keyFile: "/state/wireguard.key" };
const far = { publicKey: "far", endpoint: "192.0.2.2:7445", ranges: ["10.64.4.0/22"], keepAliveSeconds: 25 };
const third = { publicKey: "third", ranges: ["10.64.8.0/22"] };
const wanted: TunnelInput = { listenPort: 7445, mtu: 1420, peers: [far, third] };
const whole = parseDump(
  "private\town\t7445\toff\nfar\t(none)\t192.0.2.2:7445\t10.64.4.0/22\t0\t0\t0\t25\nthird\t(none)\t(none)\t10.64.8.0/22\t0\t0\t0\toff\n",
);

test("a new device gets its key, its port and its peers", () => {
  expect(changesOf(wanted, parseDump("(none)\t(none)\t0\toff\n"), own, undefined)).toEqual([
    ["private-key", "/state/wireguard.key", "listen-port", "7445"],
    [
      ...["peer", "far", "endpoint", "192.0.2.2:7445"],
      ...["persistent-keepalive", "25", "allowed-ips", "10.64.4.0/22"],
    ],
    ["peer", "third", "allowed-ips", "10.64.8.0/22"],
  ]);
});

test("a device that is as wanted is left alone, also by a new agent", () => {
  expect(changesOf(wanted, whole, own, wanted)).toEqual([]);
  expect(changesOf(wanted, whole, own, undefined)).toEqual([]);
});

test("a peer that left goes, and the others' sessions stay", () => {
  expect(changesOf({ ...wanted, peers: [far] }, whole, own, wanted)).toEqual([["peer", "third", "remove"]]);
});

test("a range that goes from one peer to another is said of the one that has it now", () => {
  const moved = { ...wanted, peers: [{ ...far, ranges: [...far.ranges, ...third.ranges] }] };
  expect(changesOf(moved, whole, own, wanted)).toEqual([
    ["peer", "third", "remove"],
    ["peer", "far", "allowed-ips", "10.64.4.0/22,10.64.8.0/22"],
  ]);
});

test("a way that need not be kept open any more is not", () => {
  const { keepAliveSeconds: _, ...quiet } = far;
  expect(changesOf({ ...wanted, peers: [quiet, third] }, whole, own, wanted)).toEqual([
    ["peer", "far", "persistent-keepalive", "0"],
  ]);
});

test("a peer that roams is followed until its own endpoint changes", () => {
  const roamed = { ...whole, peers: [{ ...far, endpoint: "198.51.100.9:999" }, third] };
  expect(changesOf(wanted, roamed, own, wanted)).toEqual([]);
  const moved = { ...wanted, peers: [{ ...far, endpoint: "192.0.2.77:7445" }, third] };
  expect(changesOf(moved, roamed, own, wanted)).toEqual([["peer", "far", "endpoint", "192.0.2.77:7445"]]);
});
