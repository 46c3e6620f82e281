import { expect, test } from "@jest/globals";
import { placeOf } from "./address.ts";

test.each([
  ["10.0.0.1", { host: "10.0.0.1", port: 7443 }],
  ["10.0.0.1:9000", { host: "10.0.0.1", port: 9000 }],
  ["server.example", { host: "server.example", port: 7443 }],
  ["2001:db8::7", { host: "2001:db8::7", port: 7443 }],
  ["[2001:db8::7]", { host: "2001:db8::7", port: 7443 }],
  ["[2001:db8::7]:9000", { host: "2001:db8::7", port: 9000 }],
])("%s", (text, place) => expect(placeOf(text)).toEqual(place));

test.each(["", ":7443", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:99999", "[10.0.0.1]:7443", "a:b:c"])(
  "%p is no address",
  (text) => expect(() => placeOf(text)).toThrow("it is no address"),
);
