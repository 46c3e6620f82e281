import { expect, test } from "@jest/globals";
import { droppingChains, forwardChains } from "./firewall.ts";

const chain = (table: string, name: string, more: object = {}) => ({
  chain: { family: "ip", table, name, handle: 1, ...more },
});
const base = (hook: string, policy: string) => ({ type: "filter", hook, prio: 0, policy });
const listing = (...entries: object[]) =>
  JSON.stringify({ nftables: [{ metainfo: { version: "1.0.6" } }, ...entries] });

test.each([
  ["Docker's and ufw's", chain("filter", "FORWARD", base("forward", "drop")), ["FORWARD"]],
  ["one that guards the host", chain("filter", "INPUT", base("input", "drop")), ["INPUT"]],
  ["one that accepts", chain("filter", "FORWARD", base("forward", "accept")), []],
  ["one without a hook", chain("filter", "DOCKER-USER"), []],
  ["one of another hook", chain("filter", "OUTPUT", base("output", "drop")), []],
  ["one of bridges", chain("filter", "F", { ...base("forward", "drop"), family: "bridge" }), []],
  ["our own", chain("constellation", "forwarded", base("forward", "drop")), []],
  [
    "firewalld's",
    chain("firewalld", "filter_FORWARD", { ...base("forward", "accept"), family: "inet" }),
    ["filter_FORWARD"],
  ],
])("%s", (_, entry, names) => {
  expect(droppingChains(listing(entry), "constellation").map(({ name }) => name)).toEqual(names);
});

test("whoever sees what the machine forwards needs it, whether it drops or not", () => {
  const others = [
    chain("filter", "FORWARD", base("forward", "accept")),
    chain("filter", "INPUT", base("input", "drop")),
    chain("constellation", "forwarded", base("forward", "drop")),
  ];
  expect(forwardChains(listing(...others), "constellation")).toEqual([
    { family: "ip", table: "filter", name: "FORWARD", hook: "forward" },
  ]);
});
