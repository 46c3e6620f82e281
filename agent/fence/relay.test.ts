import { beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { deadlineOf, leaseLimits } from "./lease.ts";
import { createRelay } from "./relay.ts";

let now: number;
let leader: string | undefined;
let asked: string[];
beforeEach(() => {
  now = 1_000_000;
  leader = "s1";
  asked = [];
});

/** Of server `s2`, which hears hosts `a` and `b`; something exclusive is on `a` alone. */
const relay = (askLeader = async () => ({ ids: ["x"], ageMs: 300 })) =>
  createRelay({
    leader: () => leader,
    confirm: () => undefined,
    isAwaited: (host) => host === "a",
    async askLeader(server, host) {
      asked.push(`${server} ${host}`);
      return await askLeader();
    },
    now: () => now,
  });

test("a host that the leader does not hear gets its word from a server that hears it", async () => {
  const { noteUnheard, confirm } = relay();
  noteUnheard("s1", ["a", "b"]);
  expect([await confirm("a"), await confirm("b")]).toEqual([{ ids: ["x"], ageMs: 300 }, undefined]);
  expect(asked).toEqual(["s1 a"]);
});

test("nobody is asked for one that the leader hears, nor by what another server does not hear, nor for long", async () => {
  const { noteUnheard, confirm } = relay();
  await confirm("a");
  noteUnheard("s3", ["a"]);
  await confirm("a");
  noteUnheard("s1", ["a"]);
  leader = "s3";
  await confirm("a");
  leader = "s1";
  now += 2_000;
  await confirm("a");
  expect(asked).toEqual([]);
});

test("a leader that does not answer confirms nothing, and the heartbeat is answered", async () => {
  const { noteUnheard, confirm } = relay(() => Promise.reject(new Error("no answer")));
  noteUnheard("s1", ["a"]);
  expect(await confirm("a")).toBeUndefined();
  expect(asked).toEqual(["s1 a"]);
});

test("however long the ways are, a host's deadline is at most a lease after the leader's proof", async () => {
  const ms = fc.nat(20_000);
  await fc.assert(
    fc.asyncProperty(ms, ms, ms, ms, async (proofAgeMs, thereMs, onMs, backMs) => {
      now = 1_000_000;
      leader = "s1";
      const sentMs = now;
      const provedMs = now - proofAgeMs;
      const { noteUnheard, confirm } = relay(async () => {
        now += onMs;
        return { ids: ["x"], ageMs: now - provedMs };
      });
      now += thereMs;
      noteUnheard("s1", ["a"]);
      const { ageMs = 0 } = (await confirm("a")) ?? {};
      now += backMs;
      expect(deadlineOf({ sentMs, ageMs })).toBeLessThanOrEqual(provedMs + leaseLimits.leaseMs);
    }),
  );
});
