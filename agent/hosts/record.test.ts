import { expect, test } from "@jest/globals";
import type { HostRecord } from "../store/index.ts";
import { changed, describe, newHost, refuseOther } from "./record.ts";

const now = new Date("2026-11-23T12:00:00.000Z");
const mine = { engine: "pulumi", id: "urn:pulumi:dev::p::constellation:index:Host::w1" } as const;
const taints = [{ key: "gpu", effect: "NoSchedule" as const }];
const token = { host: "w1", digest: "", expiresAt: "", by: "uid 0", owner: mine, taints };
const record: HostRecord = newHost(token, "10.64.4.0/22", now);

test("a host has its taints from its first moment on: they come with its token", () => {
  expect(record).toEqual({
    ...{ name: "w1", role: "host", cidr: "10.64.4.0/22", addedAt: now.toISOString() },
    ...{ owner: mine, taints },
  });
});

test("a change leaves alone what it does not name", () => {
  const drained = changed(record, { availability: "draining", labels: undefined });
  expect(drained).toEqual({ ...record, availability: "draining" });
  const { taints: _, ...bare } = describe(drained, "ready");
  expect(bare).toMatchObject({ availability: "draining", owner: mine, state: "ready" });
  expect(describe(changed(drained, { taints: [] }), "ready")).toEqual(bare);
  expect(describe(record, "lost")).toMatchObject({ availability: "active", state: "lost" });
});

test("a name is its owner's, who may ask once more", () => {
  expect(() => refuseOther(undefined, mine)).not.toThrow();
  expect(() => refuseOther(record, mine)).not.toThrow();
  expect(() => refuseOther(record, { ...mine, id: "urn:other" })).toThrow(
    /create host w1: it exists, created by urn/,
  );
  const { owner: _, ...byHand } = record;
  expect(() => refuseOther(byHand, mine)).toThrow(/joined by hand on .*; import it or choose another name/);
  // Who asks by hand, for a machine that was set up anew, says no owner.
  expect(() => refuseOther(record, undefined)).not.toThrow();
});
