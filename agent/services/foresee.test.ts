import { expect, test } from "@jest/globals";
import { createFleet, type Machine, requestOf } from "../scheduler/index.ts";
import { foresee } from "./foresee.ts";

const mebi = 2 ** 20;
const machine = (name: string): Machine => ({
  ...{
    name,
    state: "ready",
    availability: "active",
    taints: [],
    ulimitCeilings: {},
    missingCapabilities: [],
  },
  ...{ fences: true, facts: { "host.name": name } },
  capacity: { cpu: 2, memory: 1024 * mebi },
  systemReserved: { cpu: 0, memory: 0 },
});
const request = (name: string, cpu: number, priority = 0) =>
  requestOf({ namespace: "default", name }, { resources: { cpu } }, { priority });
const wants = (name: string, count: number, cpu: number, priority: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ key: `${name}-${index}`, group: name, request: request(name, cpu, priority) },
  }));
const fleet = () =>
  createFleet(
    ["one", "two"].map(machine),
    ["one", "two"].map((host) => ({
      ...{ id: `low-${host}`, host, request: request("low", 1.2, -5), group: "low", leaving: false },
    })),
  );

test("tells of where there is room, of what would be stopped to make some, and of what goes nowhere", () => {
  expect(foresee(fleet(), wants("web", 2, 0.5, 0))).toBe("as of now would go to one (1), two (1)");
  expect(foresee(fleet(), wants("high", 1, 1.5, 10))).toBe(
    "as of now would go to one; 1 of default/low would be stopped to make room",
  );
  expect(foresee(fleet(), wants("high", 3, 1.5, 10))).toMatch(
    /^as of now would go to one \(1\), two \(1\); 2 of default\/low would be stopped to make room; 1 of 3 would go nowhere: 2 hosts: /,
  );
  expect(foresee(fleet(), wants("equal", 1, 1.5, -5))).toMatch(
    /^as of now 1 of 1 would go nowhere: 2 hosts: /,
  );
});

test("nothing to tell where nothing is wanted", () => {
  expect(foresee(fleet(), [])).toBeUndefined();
});
