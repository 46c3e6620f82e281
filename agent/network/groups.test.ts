import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Placement } from "../session/index.ts";
import { groupsOf } from "./groups.ts";

function placement(last: number, networks: readonly string[], isInternal = false): Placement {
  return {
    ...{ id: `web-0-${last}`, namespace: "shop", service: "web", serviceUid: "u", name: "web-0", index: 0 },
    ...{ specKey: "u/1", revision: 1, address: `10.64.0.${last}`, want: "run", reason: "wanted" },
    ...(networks.length > 0 && { membership: { networks, isInternal } }),
  };
}

const placements = fc
  .array(fc.record({ networks: fc.subarray(["n/a", "n/b", "open"]), isInternal: fc.boolean() }), {
    maxLength: 10,
  })
  .map((all) => all.map(({ networks, isInternal }, at) => placement(at + 2, networks, isInternal)));

test("who is in the same networks is in one group, in whatever order they are told", () => {
  fc.assert(
    fc.property(placements, (all) => {
      const groups = groupsOf({ placements: all });
      expect(groupsOf({ placements: all.toReversed() })).toEqual(groups);
      const grouped = groups.flatMap(({ instances }) => instances.map(({ address }) => address));
      expect(grouped.sort()).toEqual(
        all
          .filter((one) => one.membership)
          .map(({ address }) => address)
          .sort(),
      );
      expect(new Set(groups.map(({ nameServer }) => nameServer)).size).toBe(groups.length);
      for (const { nameServer } of groups)
        expect(nameServer).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
    }),
  );
});

test("a group keeps its name server while others come and go", () => {
  const [one] = groupsOf({ placements: [placement(2, ["n/a"])] });
  const both = groupsOf({ placements: [placement(2, ["n/a"]), placement(3, ["n/b"])] });
  expect(both.map(({ nameServer }) => nameServer)).toContain(one?.nameServer);
});
