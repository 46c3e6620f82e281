import { expect, test } from "@jest/globals";
import { greeting, learned } from "./endpoints.ts";
import type { TunnelInput } from "./settings.ts";

const fixed = { publicKey: "fixed", endpoint: "192.0.2.2:7445", ranges: ["10.64.4.0/22"] };
const roaming = { publicKey: "roaming", ranges: ["10.64.8.0/22"] };
const wanted: TunnelInput = { listenPort: 7445, mtu: 1440, peers: [fixed, roaming] };
const found = (endpoint?: string) => ({
  ...{ publicKey: "own", listenPort: 7445 },
  peers: [fixed, { ...roaming, ...(endpoint !== undefined && { endpoint }) }],
});

test("where peers are that said so themselves is known, and stays known while they are silent", () => {
  const before = learned(wanted, found("198.51.100.9:999"), {});
  expect(before).toEqual({ roaming: "198.51.100.9:999" });
  expect(learned(wanted, found(), before)).toEqual(before);
  expect(learned({ ...wanted, peers: [fixed] }, found(), before)).toEqual({});
});

test("a tunnel made anew speaks to where they were, and others by what is wanted", () => {
  const { peers } = greeting(wanted, { roaming: "198.51.100.9:999", fixed: "198.51.100.1:1" });
  const greeted = { keepAliveSeconds: 25 };
  expect(peers).toEqual([
    { ...fixed, ...greeted },
    { ...roaming, ...greeted, endpoint: "198.51.100.9:999" },
  ]);
});
