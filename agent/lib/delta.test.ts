import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyDelta, type Delta, deltaOf, isSame } from "./delta.ts";

const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const bytes = (value: unknown) => JSON.stringify(value).length;

/** Few names and values, so that much of one value is found in the other. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, true, 0, 1, "a", "b", ""),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom("id", "name", "list", "constructor", "__proto__", "length"),
      fc.oneof(tie("value"), fc.constantFrom("a", "b", "c")),
    ),
  ),
}));

test("a value and what makes another of it make the other, whatever both are", () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [before, after] = [sent(one), sent(other)];
      const delta = deltaOf(before, after);
      expect(applyDelta(before, sent(delta))).toEqual(after);
      expect(isSame(deltaOf(after, sent(after)))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

const services = Array.from({ length: 50 }, (_, at) => ({
  uid: `service-${at}`,
  endpoints: Array.from({ length: 50 }, (_endpoint, nth) => ({ instance: `${at}-${nth}`, host: "a" })),
}));

test("one endpoint more, one less and another order cost what they are", () => {
  const [first, second, ...rest] = services;
  const more = { ...first, endpoints: [...(first?.endpoints ?? []), { instance: "new", host: "b" }] };
  const less = { ...second, endpoints: second?.endpoints.slice(1) };
  expect(bytes(deltaOf(services, [more, less, ...rest]))).toBeLessThan(250);
  expect(bytes(deltaOf(services, [...rest, second, first]))).toBeLessThan(60);
});

test("what did not change stays the same object", () => {
  const [first, ...rest] = services;
  const after = [{ ...first, uid: "other" }, ...rest];
  const applied = applyDelta(services, deltaOf(services, after)) as unknown[];
  expect(applied[1]).toBe(services[1]);
});

test("a change of something else is refused", () => {
  for (const delta of [{ list: [[0, 3]] }, { list: [{ from: 2, delta: { is: 1 } }] }, { fields: {} }])
    expect(() => applyDelta([1, 2], delta as Delta)).toThrow("apply a change");
});
