import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { gatewayOf, hostRange, nextAddress, parseRange } from "./ranges.ts";

describe("ranges", () => {
  test.each([
    ["10.64.0.0/12", 0, "10.64.0.0/22"],
    ["10.64.0.0/12", 1, "10.64.4.0/22"],
    ["10.64.0.0/12", 1023, "10.79.252.0/22"],
    ["10.64.0.0/12", 1024, undefined],
    ["10.9.8.7/22", 0, "10.9.8.0/22"],
    ["10.9.8.0/22", 1, undefined],
  ])("the host that joined %s at %i has %s", (cidr, position, expected) => {
    expect(hostRange(cidr, position)).toBe(expected);
  });

  test("the gateway is the first address", () => expect(gatewayOf("10.64.4.0/22")).toBe("10.64.4.1"));

  test("an address comes back only after all others had their turn", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), (start) => {
        const cidr = "10.64.0.0/28";
        const usable = 13;
        let given = start;
        const turns = Array.from({ length: 2 * usable }, () => {
          const next = nextAddress(cidr, given, new Set(), 2);
          given = next?.given ?? 0;
          return next?.address ?? "";
        });
        expect(new Set(turns.slice(0, usable)).size).toBe(usable);
        expect(turns.slice(usable)).toEqual(turns.slice(0, usable));
        expect(turns).not.toContain("10.64.0.1");
        expect(turns).not.toContain("10.64.0.15");
      }),
    );
  });

  test("an address in use is passed over, and a full range gives none", () => {
    const all = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"];
    expect(nextAddress("10.0.0.0/29", 0, new Set(all.slice(0, 3)), 2)?.address).toBe("10.0.0.5");
    expect(nextAddress("10.0.0.0/29", 0, new Set(all), 2)).toBeUndefined();
  });

  test("a range starts at its network", () =>
    expect(parseRange("240.1.2.3/4")).toEqual({ first: 240 * 2 ** 24, size: 2 ** 28 }));
});
