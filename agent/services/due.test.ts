import { expect, test } from "@jest/globals";
import { untilDueMs } from "./due.ts";
import type { View } from "./types.ts";

type Part = { [K in keyof View]?: readonly object[] };
const view = ({ services = [], instances = [], machines = [] }: Part) =>
  ({ services, instances, machines }) as unknown as View;
const service = (replaceAfterMs: number) => ({ uid: "u1", disconnect: { replaceAfterMs } });
const run = { serviceUid: "u1", host: "a", want: "run", present: true };
const lost = (lostMs: number) => ({ name: "a", state: "lost", lostMs });

test.each<[string, Part, number | undefined]>([
  ["nothing waits", { services: [service(5_000)], instances: [run] }, undefined],
  [
    "a host has been lost for a part of replaceAfter",
    { services: [service(5_000)], instances: [run], machines: [lost(2_000)] },
    3_000,
  ],
  [
    "for all of it: that was decided already",
    { services: [service(5_000)], instances: [run], machines: [lost(6_000)] },
    undefined,
  ],
  [
    "an exclusive instance may still run",
    { instances: [{ ...run, want: "drain", exclusive: { remainingMs: 900, isFenced: true } }] },
    900,
  ],
])("%s", (_, part, ms) => expect(untilDueMs(view(part))).toBe(ms));
