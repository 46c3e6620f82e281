import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Absences, noteAbsence, steadinessLimits, unsteadiness } from "./steadiness.ts";

const { absences: most, windowMs, steadyMs } = steadinessLimits;
const noted = (times: readonly number[]) => times.reduce<Absences>(noteAbsence, []);

test("a host that falls silent too often in a window waits until it was steady", () => {
  const times = Array.from({ length: most }, (_, index) => index * 10_000);
  const last = times.at(-1) ?? 0;
  expect(unsteadiness(noted(times.slice(1)), last + 1_000, last + 1_000)).toBeUndefined();
  expect(unsteadiness(noted(times), undefined, last + 1_000)).toBe(most);
  expect(unsteadiness(noted(times), last + 2_000, last + 2_000 + steadyMs - 1)).toBe(most);
  expect(unsteadiness(noted(times), last + 2_000, last + 2_000 + steadyMs)).toBeUndefined();
});

test("who was steady is so until it falls silent again, and then is not at once", () => {
  const times = Array.from({ length: most }, (_, index) => index * 10_000);
  const again = (times.at(-1) ?? 0) + 2 * steadyMs;
  expect(unsteadiness(noted([...times, again]), undefined, again)).toBe(most + 1);
});

const course = fc.array(fc.integer({ min: 1_000, max: 200_000 }), { maxLength: 60 }).map((gaps) => {
  let at = 0;
  return gaps.map((gap) => {
    at += gap;
    return at;
  });
});

test("for any course: fewer absences than the bound in each window never hold a host back, and a steady one never is", () => {
  fc.assert(
    fc.property(course, fc.nat(1_000_000), (times, after) => {
      const last = times.at(-1) ?? 0;
      const now = last + after;
      const told = unsteadiness(noted(times), undefined, now);
      const isCrowded = times.filter((at) => last - at < windowMs).length >= most;
      expect(told !== undefined).toBe(isCrowded);
      expect(unsteadiness(noted(times), now - steadyMs, now)).toBeUndefined();
    }),
  );
});
