import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type RulesInput, rulesOf } from "./rules.ts";
import { changeScript, wholeScript } from "./script.ts";
import type { Ruleset } from "./types.ts";

const base: RulesInput = {
  devicePrefix: "cst",
  anchor: "cst0",
  gateway: "10.64.0.1",
  hostCidr: "10.64.0.0/22",
  clusterCidr: "10.64.0.0/12",
  peerCidrs: [],
  serviceCidr: "240.0.0.0/4",
  services: [],
  published: [],
  localTargets: [],
  metadataReaders: [],
  fixedAddresses: [],
  otherGateways: [],
  networks: [],
  groups: [],
};
const web = {
  uid: "1f",
  address: "240.0.0.1",
  targets: ["10.64.0.2", "10.64.0.3"],
  translated: [{ protocol: "tcp" as const, port: 80, targetPort: 8080 }],
};

test("a service's chain translates its ports and passes all others on", () => {
  const { chains, sets } = rulesOf({ ...base, services: [web] });
  expect(sets.get("services")?.elements).toEqual(["240.0.0.1 : goto service-1f"]);
  expect(chains.get("service-1f")?.rules).toEqual([
    "tcp dport 80 dnat ip to numgen random mod 2 map { 0 : 10.64.0.2, 1 : 10.64.0.3 } : 8080",
    "dnat ip to numgen random mod 2 map { 0 : 10.64.0.2, 1 : 10.64.0.3 }",
  ]);
});

test("no instance, no rule: what is still addressed to the service is refused later", () => {
  expect(rulesOf({ ...base, services: [{ ...web, targets: [] }] }).chains.get("service-1f")?.rules).toEqual(
    [],
  );
});

test("a change of one service's endpoints writes that service's chain alone", () => {
  const other = { ...web, uid: "2e", address: "240.0.0.2" };
  const from = rulesOf({ ...base, services: [web, other] });
  const to = rulesOf({ ...base, services: [web, { ...other, targets: ["10.64.0.3"] }] });
  expect(changeScript("t", from, to)).toBe(
    [
      "flush chain inet t service-2e",
      "add rule inet t service-2e tcp dport 80 dnat ip to 10.64.0.3 : 8080",
      "add rule inet t service-2e dnat ip to 10.64.0.3",
      "",
    ].join("\n"),
  );
  expect(changeScript("t", to, to)).toBe("");
});

const targets = fc.uniqueArray(fc.constantFrom("10.64.0.2", "10.64.0.3", "10.64.0.4"));
const plans: fc.Arbitrary<RulesInput> = fc
  .record({
    localTargets: targets,
    metadataReaders: targets,
    services: fc
      .uniqueArray(fc.record({ last: fc.integer({ min: 1, max: 9 }), targets }), {
        selector: ({ last }) => last,
      })
      .map((services) =>
        services.map(({ last, targets }) => ({
          ...web,
          uid: `${last}`,
          address: `240.0.0.${last}`,
          targets,
        })),
      ),
    published: fc
      .uniqueArray(
        fc.record({
          protocol: fc.constantFrom("tcp" as const, "udp" as const),
          port: fc.integer({ min: 1, max: 4 }),
          hostIp: fc.constantFrom("127.0.0.1", "192.0.2.1"),
          targets,
        }),
        { selector: ({ protocol, port }) => `${protocol} ${port}` },
      )
      .map((ports) =>
        ports.map(({ hostIp, ...port }) => ({
          ...port,
          targetPort: 80,
          ...(hostIp === "127.0.0.1" && { hostIp }),
        })),
      ),
  })
  .map((parts) => ({ ...base, ...parts }));

test("a change leads from any content to any other, in an order that references allow", () => {
  fc.assert(
    fc.property(plans, plans, (one, other) => {
      const [from, to] = [rulesOf(one), rulesOf(other)];
      expect(contentOf(run(changeScript("t", from, to), from))).toEqual(contentOf(to));
    }),
  );
});

test("the whole table is made anew in one go", () => {
  const rules = rulesOf({ ...base, services: [web] });
  const script = wholeScript("t", rules);
  expect(script).toMatch(/^add table inet t\ndelete table inet t\nadd table inet t\n/);
  const nothing = { sets: new Map(), chains: new Map() };
  expect(contentOf(run(script.split("\n").slice(3).join("\n"), nothing))).toEqual(contentOf(rules));
});

interface Content {
  readonly sets: Map<string, string[]>;
  readonly chains: Map<string, string[]>;
}

/** What nft would make of a script, as far as we use it; throws where a reference leads nowhere. */
function run(script: string, from: Ruleset): Content {
  const { sets, chains } = contentOf(from);
  for (const line of script.split("\n").filter(Boolean)) {
    const [, verb, kind = "", name = "", rest = ""] = /^(\w+) (\w+) inet t (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === "chain") {
      if (verb === "add") chains.set(name, []);
      else if (!chains.has(name)) throw new Error(`no chain: ${line}`);
      else if (verb === "flush") chains.set(name, []);
      else if ([...sets.values(), ...chains.values()].flat().some((text) => text.endsWith(` ${name}`)))
        throw new Error(`in use: ${line}`);
      else chains.delete(name);
    } else if (kind === "rule") needed(chains, name).push(rest);
    else if (verb === "add" && kind !== "element") sets.set(name, []);
    else if (kind === "element") needed(sets, name).push(...rest.slice(2, -2).split(", "));
    else if (verb === "flush") sets.set(name, []);
    else sets.delete(name);
  }
  for (const element of [...sets.values()].flat()) {
    const target = / : (?:goto|jump) (\S+)$/.exec(element)?.[1];
    if (target !== undefined) needed(chains, target);
  }
  return { sets, chains };
}

function contentOf({ sets, chains }: Ruleset | Content): Content {
  const sorted = <Value>(entries: Iterable<[string, Value]>) =>
    new Map([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
  return {
    sets: sorted([...sets].map(([name, set]) => [name, "elements" in set ? [...set.elements] : set])),
    chains: sorted([...chains].map(([name, chain]) => [name, "rules" in chain ? [...chain.rules] : chain])),
  };
}

function needed(parts: ReadonlyMap<string, string[]>, name: string): string[] {
  const part = parts.get(name);
  if (!part) throw new Error(`${name} does not exist`);
  return part;
}
