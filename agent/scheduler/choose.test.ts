import { describe, expect, test } from "@jest/globals";
import type { PlacementRules } from "../../contract/index.ts";
import {
  admitService,
  choose,
  createFleet,
  describeRejections,
  formatBytes,
  type Machine,
  type Occupant,
  requestOf,
} from "./index.ts";

const gi = 2 ** 30;
const machine = (name: string, more: Partial<Machine> = {}): Machine => ({
  ...{ name, state: "ready", availability: "active", taints: [], ulimitCeilings: { nofile: 20_000 } },
  capacity: { cpu: 4, memory: 8 * gi },
  missingCapabilities: ["SYS_RESOURCE"],
  fences: true,
  systemReserved: { cpu: 0.1, memory: 256 * 2 ** 20 },
  ...more,
  facts: { "host.name": name, ...more.facts },
});
const request = (workload: object = {}, rules: Partial<PlacementRules> = {}, name = "web") =>
  requestOf({ namespace: "shop", name }, { resources: { cpu: 1, memory: "1Gi" }, ...workload }, rules);
const occupant = (host: string, of = request(), id = `${of.service}-${host}`): Occupant => ({
  ...{ id, host, request: of, group: of.service, leaving: false },
});
const taint = (key: string, effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute" = "NoSchedule") => ({
  ...{ key, effect },
});
const wish = (constraint: object) => ({ constraints: [constraint] }) as Partial<PlacementRules>;
const chosen = (
  machines: readonly Machine[],
  wanted = request(),
  there: readonly Occupant[] = [],
): string => {
  const choice = choose(createFleet(machines, there), { request: wanted, group: "new" });
  return "host" in choice ? choice.host : describeRejections(choice.rejections);
};

describe("which host", () => {
  const zones = [
    machine("a", { facts: { zone: "one" } }),
    machine("b", { facts: { zone: "one" } }),
    machine("c", { facts: { zone: "two" } }),
  ];
  const spread = (whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway") => ({
    spread: [{ key: "zone", maxSkew: 1, whenUnsatisfiable }],
  });
  const near = (rule: "together" | "apart", required = true, key = "host.name") => ({
    affinity: [{ service: "db", rule, key, required }],
  });
  const db = request({}, {}, "db");
  const own = (host: string, id = host) => ({ ...occupant(host, request(), id), group: "new" });

  test.each<[string, readonly Machine[], ReturnType<typeof request>, readonly Occupant[], string]>([
    ["the one with the most room", [machine("a"), machine("b")], request(), [occupant("a", db)], "b"],
    ["by name among equals", [machine("c"), machine("b")], request(), [], "b"],
    ["binpack: the fullest", zones, request({}, { strategy: "binpack" }), [occupant("c", db)], "c"],
    ["away from its own", zones, request(), [own("a"), own("b"), occupant("c", db)], "c"],
    ["evenly over zones", zones, request({}, spread("ScheduleAnyway")), [own("a")], "c"],
    [
      "evenly over zones at any cost",
      [...zones.slice(0, 2), machine("c", { facts: { zone: "two" }, capacity: { cpu: 1, memory: gi } })],
      request({}, spread("DoNotSchedule")),
      [own("a")],
      "3 hosts: 2 would break the spread over zone (a, b), 1 lacks 1Gi of memory (c: 768Mi free)",
    ],
    ["near another service", zones, request({}, near("together")), [occupant("b", db)], "b"],
    ["in its zone", zones, request({}, near("together", true, "zone")), [occupant("b", db)], "a"],
    [
      "near a service that is nowhere",
      zones,
      request({}, near("together")),
      [],
      "3 hosts: all have no db (a, b, c)",
    ],
    ["near it if that can be", zones, request({}, near("together", false)), [], "a"],
    ["away from another service", zones, request({}, near("apart", true, "zone")), [occupant("a", db)], "c"],
    [
      "away from one that wants to be alone",
      [machine("a"), machine("b")],
      db,
      [occupant("a", request({}, near("apart")))],
      "b",
    ],
    [
      "a taint that is no wish is avoided",
      [machine("a", { taints: [taint("old", "PreferNoSchedule")] }), machine("b")],
      request(),
      [occupant("b", db)],
      "b",
    ],
    [
      "no other host: it goes there",
      [machine("a", { taints: [taint("old", "PreferNoSchedule")] })],
      request(),
      [],
      "a",
    ],
    [
      "a toleration of one key",
      [machine("a", { taints: [taint("gpu")] })],
      request({}, { tolerations: [{ key: "gpu", operator: "Exists" }] }),
      [],
      "a",
    ],
    [
      "a toleration of another value",
      [machine("a", { taints: [{ ...taint("team"), value: "data" }] })],
      request({}, { tolerations: [{ key: "team", operator: "Equal", value: "web" }] }),
      [],
      "1 host: a has the taint team=data",
    ],
  ])("%s", (_, machines, wanted, there, expected) => {
    expect(chosen(machines, wanted, there)).toBe(expected);
    expect(chosen([...machines].reverse(), wanted, [...there].reverse())).toBe(expected);
  });
});

describe("why none", () => {
  test.each<[object, Partial<PlacementRules>, Partial<Machine>, string]>([
    [{ resources: { memory: "9Gi" } }, {}, {}, "1 host: vm lacks 9Gi of memory (7.8Gi free)"],
    [{ resources: { cpu: 4 } }, {}, {}, "1 host: vm lacks 4 cores (3.9 free)"],
    [
      { ulimits: { nofile: { hard: 65_536 } } },
      {},
      {},
      "1 host: vm refuses ulimit nofile of 65536 (up to 20000)",
    ],
    [
      { ulimits: { nofile: { hard: -1 } } },
      {},
      {},
      "1 host: vm refuses ulimit nofile of unlimited (up to 20000)",
    ],
    [
      { security: { capabilities: { add: ["NET_ADMIN", "cap_sys_resource"] } } },
      {},
      {},
      "1 host: vm has no capability SYS_RESOURCE to give",
    ],
    [{}, {}, { availability: "cordoned" }, "1 host: vm is cordoned"],
    [{}, {}, { state: "lost" }, "1 host: vm is lost"],
    [
      {},
      wish({ key: "zone", operator: "In", values: ["a", "b"] }),
      {},
      "1 host: vm fails the constraint zone in a, b (not set)",
    ],
    [
      {},
      wish({ key: "zone", operator: "NotIn", values: ["c"] }),
      { facts: { zone: "c" } },
      "1 host: vm fails the constraint zone not in c (c)",
    ],
    [
      {},
      wish({ key: "host.kernel", operator: "Gte", values: ["5.10"] }),
      { facts: { "host.kernel": "5.4.0-1" } },
      "1 host: vm fails the constraint host.kernel at least 5.10 (5.4.0-1)",
    ],
  ])("%j %j on %j", (workload, rules, more, expected) => {
    expect(chosen([machine("vm", more)], request(workload, rules))).toBe(expected);
  });

  test("hosts are grouped by their reason, the commonest first, three of each named", () => {
    const small = { capacity: { cpu: 4, memory: gi } };
    const machines = [
      ...["a", "b", "c", "d"].map((name) => machine(name, small)),
      machine("e", { taints: [taint("gpu")] }),
    ];
    expect(chosen(machines)).toBe(
      "5 hosts: 4 lack 1Gi of memory (a: 768Mi free, b: 768Mi free, c: 768Mi free and 1 more), 1 has the taint gpu (e)",
    );
    expect(chosen([])).toBe("there is no host");
  });

  test.each([
    ["5.10", "Gte", "5.9", true],
    ["6.1.0-13-amd64", "Gte", "6.1", true],
    ["6.1.0-13-amd64", "Gt", "6.1", false],
    ["16", "Gt", "8", true],
    [String(8 * gi), "Gte", "8Gi", true],
    ["unknown", "Lt", "5", false],
  ] as const)("%s is %s %s: %s", (value, operator, than, expected) => {
    const wanted = request({}, wish({ key: "it", operator, values: [than] }));
    expect(chosen([machine("a", { facts: { it: value } })], wanted) === "a").toBe(expected);
  });
});

describe("what a workload reserves", () => {
  test.each([
    [{}, { cpu: 0.05, memory: 64 * 2 ** 20 }],
    [{ resources: { limits: { memory: "1Gi", cpu: 2 } } }, { cpu: 2, memory: gi }],
    [{ resources: { memory: "256Mi", limits: { memory: "1Gi" } } }, { cpu: 0.05, memory: 256 * 2 ** 20 }],
  ])("of %j", (inputs, expected) =>
    expect(requestOf({ namespace: "shop", name: "web" }, inputs)).toMatchObject(expected),
  );
});

describe("admitService", () => {
  const empty = createFleet([machine("vm")]);
  const full = () =>
    createFleet([machine("vm")], [occupant("vm", request({ resources: { memory: "7Gi" } }))]);

  test("a host that is full now may have room later", () =>
    expect(() => admitService("shop/web", request(), 2, empty, full)).not.toThrow());

  test("a host that is not allowed now may be later", () =>
    expect(() =>
      admitService("shop/web", request({}, wish({ key: "zone", operator: "Exists" })), 2, empty, full),
    ).not.toThrow());

  test.each([
    [
      request({ resources: { memory: "64Gi" } }),
      1,
      "place shop/web: 1 host: vm lacks 64Gi of memory (768Mi free); lower resources.memory",
    ],
    [
      request({ security: { capabilities: { add: ["SYS_RESOURCE"] } } }),
      1,
      "place shop/web: 1 host: vm has no capability SYS_RESOURCE to give; take it from security.capabilities.add",
    ],
    [
      request(),
      8,
      /^place shop\/web: the cluster lacks memory \(wants 8 × 1Gi, has 7.8Gi .*\); lower resources.memory or replicas$/,
    ],
    [
      request({ resources: { cpu: 1, memory: "4Mi" } }),
      4,
      /^place shop\/web: the cluster lacks cpu .*; lower resources.cpu or replicas$/,
    ],
  ])("refuses what can never fit", (wanted, replicas, message) => {
    expect(() => admitService("shop/web", wanted, replicas, empty, full)).toThrow(message);
  });

  test("nothing is refused while no host has reported", () =>
    expect(() =>
      admitService("w", request({ resources: { memory: "99Ti" } }), 1, createFleet([]), full),
    ).not.toThrow());
});

test.each([
  [0, "0"],
  [1023, "1023"],
  [1536, "1.5Ki"],
  [21 * gi, "21Gi"],
])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
