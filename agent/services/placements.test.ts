import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "../../contract/index.ts";
import { applyOps } from "./placements.ts";
import type { Op } from "./types.ts";

let serial = 0;
const options = {
  cidr: "10.64.0.0/22",
  at: "2026-01-01T00:00:00.000Z",
  suffix: () => (++serial).toString(16).padStart(6, "0"),
};
const about = { namespace: "shop", service: "web", host: "vm", reason: "wanted" };
const place = (index: number): Op => ({
  kind: "place",
  ...about,
  uid: "u1",
  slot: `web-${index}`,
  index,
  revision: 1,
});

test("placing gives an address and an id, draining keeps both, forgetting removes", () => {
  const [placed] = applyOps([], [place(0)], options);
  expect(placed).toMatchObject({
    given: 1,
    placements: [{ name: "web-0", address: "10.64.0.2", want: "run" }],
  });
  const id = placed?.placements[0]?.id ?? "";
  expect(id).toMatch(/^web-0-[0-9a-f]{6}$/);
  const drained = applyOps(
    placed ? [placed] : [],
    [{ kind: "drain", ...about, slot: "web-0", id, reason: "enough" }],
    options,
  );
  expect(drained[0]?.placements).toMatchObject([
    { id, address: "10.64.0.2", want: "drain", reason: "enough" },
  ]);
  const forgotten = applyOps(drained, [{ kind: "forget", ...about, slot: "web-0", id }], options);
  expect(forgotten).toEqual([{ placements: [], given: 1 }]);
  expect(applyOps(forgotten, [place(0)], options)[0]?.placements[0]?.address).toBe("10.64.0.3");
});

test("a slot that has an instance of this revision, or of a newer one, gets no second", () => {
  const placed = applyOps([], [place(0), { ...place(1), revision: 2 } as Op], options);
  expect(applyOps(placed, [place(0), place(1)], options)).toEqual(placed);
  const next = applyOps(placed, [{ ...place(0), revision: 2 } as Op], options);
  expect(next[0]?.placements.map(({ name, revision }) => [name, revision])).toEqual([
    ["web-0", 1],
    ["web-1", 2],
    ["web-0", 2],
  ]);
});

test("chunks stay within their bound, ids and addresses differ, and untouched chunks stay the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (count) => {
      const chunks = applyOps(
        [],
        Array.from({ length: count }, (_, index) => place(index)),
        options,
      );
      const all = chunks.flatMap(({ placements }) => placements);
      expect(all).toHaveLength(count);
      expect(new Set(all.map(({ id }) => id)).size).toBe(count);
      expect(new Set(all.map(({ address }) => address)).size).toBe(count);
      for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThan(limits.recordBytes);
      const last = all.at(-1);
      const after = applyOps(
        chunks,
        [{ kind: "forget", ...about, slot: last?.name ?? "", id: last?.id ?? "" }],
        options,
      );
      expect(after.slice(0, -1)).toEqual(chunks.slice(0, -1));
    }),
    { numRuns: 20 },
  );
});

test("a used-up range leaves slots missing", () => {
  const small = { ...options, cidr: "10.64.0.0/29" };
  const chunks = applyOps(
    [],
    Array.from({ length: 9 }, (_, index) => place(index)),
    small,
  );
  expect(chunks[0]?.placements.map(({ address }) => address)).toEqual([
    "10.64.0.2",
    "10.64.0.3",
    "10.64.0.4",
    "10.64.0.5",
    "10.64.0.6",
  ]);
});
