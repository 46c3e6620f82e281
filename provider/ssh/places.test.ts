import { expect, test } from "@jest/globals";
import { pinTo } from "./pin.ts";
import { placeOf, placesOf } from "./places.ts";

const at = (address: string, jump?: string) => ({
  ...{ address, port: 22, user: "root" },
  ...(jump !== undefined && { jump: [{ address: jump, port: 22, user: "root" }] }),
});

test("the same address behind another jump host is another machine, and has a key of its own", () => {
  const [one, other] = [at("10.0.0.1", "192.0.2.1"), at("10.0.0.1", "192.0.2.2")];
  const seen = { [placeOf(one)]: "ssh-ed25519 ONE", [placeOf(other)]: "ssh-ed25519 OTHER" };
  const keys = [one, other, at("10.0.0.1")].map((login) => pinTo(login, seen).hostKey);
  expect(keys).toEqual(["ssh-ed25519 ONE", "ssh-ed25519 OTHER", undefined]);
});

test("a jump host is the machine that it is when it is gone to itself", () => {
  const seen = { [placeOf(at("192.0.2.1"))]: "ssh-ed25519 JUMP" };
  expect(placesOf(at("10.0.0.1", "192.0.2.1"))).toEqual(["192.0.2.1:22", "192.0.2.1:22 > 10.0.0.1:22"]);
  expect(pinTo(at("10.0.0.1", "192.0.2.1"), seen).jump?.[0]?.hostKey).toBe("ssh-ed25519 JUMP");
});
