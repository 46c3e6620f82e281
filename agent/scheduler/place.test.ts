import { describe, expect, test } from "@jest/globals";
import {
  admitService,
  describeRejections,
  formatBytes,
  type HostCapacity,
  placeInstance,
  requestOf,
} from "./index.ts";

const gi = 2 ** 30;
const host = (name: string, more: Partial<HostCapacity> = {}): HostCapacity => ({
  name,
  capacity: { cpu: 4, memory: 8 * gi },
  systemReserved: { cpu: 0.1, memory: 256 * 2 ** 20 },
  reserved: { cpu: 0, memory: 0 },
  ulimitCeilings: { nofile: 20_000 },
  missingCapabilities: ["SYS_RESOURCE"],
  ...more,
});
const request = { cpu: 1, memory: gi, ulimits: {} };

describe("placeInstance", () => {
  test("chooses the host with the most free memory, by name among equals", () => {
    const busy = host("a", { reserved: { cpu: 0, memory: gi } });
    expect(placeInstance(request, [busy, host("c"), host("b")])).toEqual({ host: "b" });
  });

  test.each([
    [{ ...request, memory: 9 * gi }, "vm lacks memory (wants 9Gi, 7.8Gi free)"],
    [{ ...request, cpu: 4 }, "vm lacks cpu (wants 4, 3.9 free)"],
    [{ ...request, ulimits: { nofile: 65_536 } }, "vm allows ulimit nofile up to 20000 (wants 65536)"],
    [{ ...request, ulimits: { nofile: -1 } }, "vm allows ulimit nofile up to 20000 (wants unlimited)"],
    [
      { ...request, capabilities: ["NET_ADMIN", "SYS_RESOURCE"] },
      "vm has no capability SYS_RESOURCE to give",
    ],
  ])("says why a host cannot take it", (wanted, reason) => {
    const choice = placeInstance(wanted, [host("vm")]);
    expect("rejections" in choice && describeRejections(choice.rejections)).toBe(`1 host: ${reason}`);
  });

  test("names three hosts and counts the rest", () => {
    const rejections = ["a", "b", "c", "d"].map((name) => ({ host: name, reason: "lacks cpu" }));
    expect(describeRejections(rejections)).toBe("4 hosts: a lacks cpu; b lacks cpu; c lacks cpu; and 1 more");
  });
});

describe("requestOf", () => {
  test.each([
    [{}, { cpu: 0.05, memory: 64 * 2 ** 20 }],
    [{ resources: { limits: { memory: "1Gi", cpu: 2 } } }, { cpu: 2, memory: gi }],
    [{ resources: { memory: "256Mi", limits: { memory: "1Gi" } } }, { cpu: 0.05, memory: 256 * 2 ** 20 }],
    [
      { security: { capabilities: { add: ["ALL", "cap_net_admin"] } } },
      { cpu: 0.05, memory: 64 * 2 ** 20, capabilities: ["ALL", "NET_ADMIN"] },
    ],
  ])("of %j", (inputs, expected) => expect(requestOf(inputs)).toMatchObject(expected));
});

describe("admitService", () => {
  const full = [host("vm", { reserved: { cpu: 0, memory: 7 * gi } })];

  test("a host that is full now may have room later", () =>
    expect(() => admitService("shop/web", request, 2, full)).not.toThrow());

  test.each([
    [
      { ...request, memory: 64 * gi },
      1,
      "place shop/web: 1 host: vm lacks memory (wants 64Gi, 768Mi free); lower resources.memory",
    ],
    [
      request,
      8,
      /^place shop\/web: the cluster lacks memory \(wants 8 × 1Gi, has 7.8Gi .*\); lower resources.memory or replicas$/,
    ],
    [
      { ...request, capabilities: ["SYS_RESOURCE"] },
      1,
      "place shop/web: 1 host: vm has no capability SYS_RESOURCE to give; take it from security.capabilities.add",
    ],
    [
      { ...request, memory: 1 },
      4,
      /^place shop\/web: the cluster lacks cpu .*; lower resources.cpu or replicas$/,
    ],
  ])("refuses what can never fit", (wanted, replicas, message) => {
    expect(() => admitService("shop/web", wanted, replicas, full)).toThrow(message);
  });

  test("nothing is refused while no host has reported", () =>
    expect(() => admitService("w", { ...request, memory: 99 * gi }, 1, [])).not.toThrow());
});

test.each([
  [0, "0"],
  [1023, "1023"],
  [1536, "1.5Ki"],
  [21 * gi, "21Gi"],
])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
