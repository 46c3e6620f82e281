import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type IsolationInput, isolationOf } from "./isolation.ts";

const clusterCidr = "10.64.0.0/12";
const hosts = ["10.64.0", "10.64.4"];

interface Member {
  readonly address: string;
  readonly host: number;
  readonly networks: readonly string[];
}

/** Instances of two hosts, each in some of three networks or of the open one. */
const clusters = fc
  .array(
    fc.record({
      host: fc.constantFrom(0, 1),
      networks: fc.subarray(["n/a", "n/b", "n/c", "open"], { minLength: 1 }),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((all) => all.map((one, at): Member => ({ ...one, address: `${hosts[one.host]}.${at + 2}` })));

function inputOf(members: readonly Member[], host: number): IsolationInput {
  const own = members.filter((one) => one.host === host && one.networks.some((name) => name !== "open"));
  const names = [...new Set(own.flatMap(({ networks }) => networks))].filter((name) => name !== "open");
  const groups = Map.groupBy(own, ({ networks }) => networks.join());
  return {
    clusterCidr,
    otherGateways: [`${hosts[1 - host]}.1`],
    networks: names.map((name) => ({
      ...{
        name,
        members: members.filter((one) => one.networks.includes(name)).map(({ address }) => address),
      },
    })),
    groups: [...groups].map(([id, ones]) => ({
      ...{ id, networks: id.split(","), isOpen: id.includes("open"), isInternal: id === "n/c" },
      ...{ nameServer: "127.64.0.1", addresses: ones.map(({ address }) => address) },
    })),
  };
}

test("a packet between any two passes both ends' hosts where they share a network, else not", () => {
  fc.assert(
    fc.property(clusters, (members) => {
      for (const from of members)
        for (const to of members.filter((one) => one !== from)) {
          const ends = [...new Set([from.host, to.host])];
          const passes = ends.every((host) => isPassed(inputOf(members, host), from.address, to.address));
          const shared = from.networks.some((name) => to.networks.includes(name));
          expect([from, to, passes]).toEqual([from, to, shared]);
        }
    }),
  );
});

test("the world and other hosts themselves reach all, and are reached but from internal networks", () => {
  fc.assert(
    fc.property(clusters, (members) => {
      for (const { address, host, networks } of members) {
        const input = inputOf(members, host);
        for (const outside of ["192.0.2.1", input.otherGateways[0] ?? ""]) {
          expect(isPassed(input, outside, address)).toBe(true);
          expect(isPassed(input, address, outside)).toBe(networks.join() !== "n/c");
          expect(isPassed(input, address, outside, "reply")).toBe(true);
        }
      }
    }),
  );
});

test("where nobody is in a network, packets pass no further rule", () => {
  expect(isolationOf({ clusterCidr, otherGateways: [], networks: [], groups: [] })).toEqual({
    ...{ sets: [], chains: [], forwarded: [] },
  });
});

/** What the kernel would do with a packet, as far as these rules go; throws on a rule of another form. */
function isPassed(input: IsolationInput, from: string, to: string, direction = "original"): boolean {
  const { sets, chains, forwarded } = isolationOf(input);
  const elements = (name: string) => new Map(sets).get(name)?.elements ?? [];
  return forwarded.every((rule) => {
    const [, end, map = ""] = /^ip (saddr|daddr) vmap @(\S+)$/.exec(rule) ?? [];
    const found = elements(map).find((text) => text.startsWith(`${end === "saddr" ? from : to} : jump `));
    if (found === undefined) return true;
    const rules = new Map(chains).get(found.split(" : jump ")[1] ?? "")?.rules;
    const hit = rules?.find((text) => matches(text));
    return hit === undefined || hit.endsWith(" return");
  });

  function matches(text: string): boolean {
    const parts = text
      .replace(/ (return|goto refuse)$/, "")
      .match(/(ip [sd]addr (!= )?\S+|ct direction \S+)/g);
    if (!parts || !/ (return|goto refuse)$/.test(text)) throw new Error(`cannot read: ${text}`);
    return parts.every((part) => {
      if (part.startsWith("ct ")) return part.endsWith(direction);
      const [, end, not, what = ""] = /^ip ([sd])addr (!= )?(\S+)$/.exec(part) ?? [];
      const address = end === "s" ? from : to;
      const isIn = what.startsWith("@")
        ? elements(what.slice(1)).includes(address)
        : address.startsWith("10.64.");
      return isIn === (not === undefined);
    });
  }
}
