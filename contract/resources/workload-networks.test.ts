import { expect, test } from "@jest/globals";
import { checkInputs, resources } from "../index.ts";

const problems = (networks: object[], more: object = {}) =>
  checkInputs(resources.Service, { image: "web:1", networks, ...more }).violations.map(
    ({ path, reason }) => `${path} ${reason}`,
  );

test.each<[string, object[], object, string[]]>([
  [
    "a network, its aliases and an address",
    [{ network: "back", aliases: ["db", "db.example.com"], address: "172.20.0.5" }],
    {},
    [],
  ],
  ["another namespace's", [{ network: "edge/proxy" }], {}, []],
  [
    "one network twice",
    [{ network: "back" }, { network: "back" }],
    {},
    ["networks[1].network back is given twice"],
  ],
  [
    "an address of one instance for several",
    [{ network: "back", address: "172.20.0.5" }],
    { replicas: 2 },
    [
      "networks[0].address is one instance's; set replicas to 1, or leave it out: the service's name and its own address are balanced",
    ],
  ],
  [
    "one address in two networks",
    [
      { network: "a", address: "172.20.0.5" },
      { network: "b", address: "172.20.0.5" },
    ],
    {},
    ["networks[1].address 172.20.0.5 is given twice"],
  ],
])("%s", (_, networks, more, expected) => {
  expect(problems(networks, more)).toEqual(expected);
});

test("what is no name or address says so", () => {
  expect(problems([{ network: "a/b/c" }])[0]).toMatch(
    /^networks\[0\]\.network "a\/b\/c" is no network; write its name/,
  );
  expect(problems([{ network: "a", aliases: ["no_name"] }])[0]).toMatch(
    /^networks\[0\]\.aliases\[0\] "no_name" is no DNS name/,
  );
  expect(problems([{ network: "a", address: "nowhere" }])[0]).toMatch(
    /^networks\[0\]\.address "nowhere" is no IPv4 address/,
  );
  expect(problems([])[0]).toMatch(/^networks /);
});
