import { expect, test } from "@jest/globals";
import { pairsOf, type UdpWays, udpWays, waysToForget } from "./flows.ts";
import type { TrafficPlan } from "./types.ts";

const virtual = { destination: "240.0.0.1", answeredBy: ["10.64.0.2"] };
const published = { destination: "host", port: 53, answeredBy: ["10.64.0.2"] };
const itself = { destination: "host", port: 53, answeredBy: ["host"] };

test("a plan's ways: every virtual address, and ports published for UDP", () => {
  const targets = ["10.64.0.2"];
  const plan = {
    services: [{ uid: "1", address: "240.0.0.1", targets, translated: [] }],
    published: [
      { protocol: "udp", port: 53, targetPort: 5353, targets },
      { protocol: "udp", port: 54, hostIp: "192.0.2.1", targetPort: 54, targets },
      { protocol: "tcp", port: 80, targetPort: 80, targets },
    ],
  } as unknown as TrafficPlan;
  expect(udpWays(plan)).toEqual([
    virtual,
    published,
    { destination: "192.0.2.1", port: 54, answeredBy: ["10.64.0.2"] },
  ]);
});

test.each<[string, UdpWays[], UdpWays[], UdpWays[]]>([
  ["nothing changed", [virtual, published], [virtual, published], []],
  ["an instance went out of traffic", [virtual], [{ ...virtual, answeredBy: ["10.64.0.3"] }], [virtual]],
  ["an instance came into traffic", [virtual], [{ ...virtual, answeredBy: ["10.64.0.2", "10.64.0.3"] }], []],
  [
    "one of two went out",
    [{ ...virtual, answeredBy: ["10.64.0.2", "10.64.0.3"] }],
    [{ ...virtual, answeredBy: ["10.64.0.3"] }],
    [virtual],
  ],
  ["a service went", [virtual, published], [], [virtual, published]],
  ["a port is published, so the host answers no more", [], [published], [itself]],
  [
    "another instance for a published port",
    [published],
    [{ ...published, answeredBy: ["10.64.0.3"] }],
    [published],
  ],
])("to forget when %s", (_, before, after, expected) => {
  expect(waysToForget(before, after)).toEqual(expected);
});

test("a way through any address of the host stands for each of them, once", () => {
  expect(pairsOf([published, { ...published, port: 54 }, itself], ["127.0.0.1", "192.0.2.1"])).toEqual([
    { originalDestination: "127.0.0.1", replySource: "10.64.0.2" },
    { originalDestination: "192.0.2.1", replySource: "10.64.0.2" },
    { originalDestination: "127.0.0.1", replySource: "127.0.0.1" },
    { originalDestination: "192.0.2.1", replySource: "192.0.2.1" },
  ]);
  expect(pairsOf([virtual], ["127.0.0.1"])).toEqual([
    { originalDestination: "240.0.0.1", replySource: "10.64.0.2" },
  ]);
});
