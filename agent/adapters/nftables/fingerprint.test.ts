import { expect, test } from "@jest/globals";
import { fingerprintOf } from "./fingerprint.ts";

const listing = "set ports {\n\telements = { tcp . 80,\n\t\t     tcp . 443 }\n}\n";

test.each([
  ["the same", listing, true],
  ["other order and line breaks", "set ports {\n  elements = { tcp . 443, tcp . 80 }\n}", true],
  ["an element less", "set ports {\n\telements = { tcp . 80 }\n}\n", false],
  ["another element", listing.replace("443", "444"), false],
  ["nothing", "", false],
])("%s", (_, other, isSame) => {
  expect(fingerprintOf(other) === fingerprintOf(listing)).toBe(isSame);
});
