import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { NetworkMode } from "../../contract/index.ts";
import type { HostRecord } from "../store/index.ts";
import { createPeering } from "./peers.ts";

const peersAmong = (hosts: readonly HostRecord[], self: string, mode: NetworkMode) =>
  createPeering()(hosts, mode)(self);

const host = (name: string, more: Partial<HostRecord> = {}): HostRecord => ({
  ...{
    name,
    role: "host",
    cidr: `10.64.${4 * name.charCodeAt(0)}.0/22`,
    addedAt: "2026-01-01T00:00:00.000Z",
  },
  ...{ address: `192.0.2.${name.charCodeAt(0)}`, wireguardKey: `${name}=`, ...more },
});
const a = host("a");
const s = host("s", { role: "server" });
const t = host("t", { role: "server" });
const [x, y] = ["x", "y"].map((name) => host(name, { isBehindNat: true })) as [HostRecord, HostRecord];
const end = ({ name, cidr, wireguardKey }: HostRecord) => ({ name, cidr, wireguardKey });

test("every host by its address, in a tunnel or as it is", () => {
  expect(peersAmong([s, a, t], "a", "wireguard")).toEqual([
    { ...end(s), address: s.address },
    { ...end(t), address: t.address },
  ]);
  expect(peersAmong([s, a], "a", "direct")).toEqual([{ name: "s", cidr: s.cidr, address: s.address }]);
});

test("what is to be in a tunnel never goes without: a host without a key is not reached, and one without an own reaches none", () => {
  const old = host("o", { wireguardKey: undefined });
  expect(peersAmong([a, old], "a", "wireguard")).toEqual([]);
  expect(peersAmong([a, old], "o", "wireguard")).toEqual([]);
  expect(peersAmong([a, old], "a", "direct")).toHaveLength(1);
});

test.each(["wireguard", "direct"] as const)(
  "%s: a host that only dials out keeps its ways open, and is not dialled",
  (mode) => {
    expect(peersAmong([a, x], "x", mode)).toEqual([{ ...end(a), address: a.address, keepsOpen: true }]);
    expect(peersAmong([a, x], "a", mode)).toEqual([end(x)]);
  },
);

test("between two that only dial out a server passes packets on: the first that answers", () => {
  const via = (hosts: HostRecord[], self: string) =>
    peersAmong(hosts, self, "wireguard").find((peer) => peer.via)?.via;
  expect(peersAmong([a, t, s, x, y], "x", "direct")).toContainEqual({ ...end(y), via: "s" });
  expect(via([{ ...s, state: "lost" }, t, x, y], "x")).toBe("t");
  expect(via([{ ...s, state: "lost" }, { ...t, state: "suspect" }, x, y], "x")).toBe("s");
  expect(peersAmong([a, x, y], "x", "wireguard").map(({ name }) => name)).toEqual(["a"]);
});

test("both ends of every pair agree: on a tunnel, on who passes packets on, and that one of the two can dial", () => {
  const record = fc.record({
    isBehindNat: fc.boolean(),
    role: fc.constantFrom("server" as const, "host" as const),
  });
  const fleet = fc
    .array(record, { minLength: 2, maxLength: 8 })
    .map((all) => all.map((one, at) => host(String.fromCharCode(97 + at), one)));
  fc.assert(
    fc.property(fleet, fc.constantFrom("wireguard" as const, "direct" as const), (hosts, mode) => {
      const seen = new Map(hosts.map(({ name }) => [name, peersAmong(hosts, name, mode)]));
      for (const [name, peers] of seen) {
        for (const peer of peers) {
          const back = seen.get(peer.name)?.find((one) => one.name === name);
          expect(back?.via).toBe(peer.via);
          expect(back?.wireguardKey === undefined).toBe(peer.wireguardKey === undefined);
          expect(peer.via ?? peer.address ?? back?.address).toBeDefined();
        }
      }
    }),
  );
});
