import { expect, test } from "@jest/globals";
import { createLines } from "./lines.ts";
import type { Assignment } from "./types.ts";
import { message } from "./wire.ts";

const services = [{ uid: "u", namespace: "shop", name: "wéb", endpoints: [] }];
const assignmentOf = (name: string) =>
  ({
    ...{ revision: 7, host: { name, cidr: "10.64.0.0/22" }, placements: [{ id: "web-0-1" }], specs: {} },
    services,
  }) as unknown as Assignment;

test("a line is the whole message, and what hosts share is the same bytes", () => {
  const lines = createLines();
  const [a, b] = [lines(assignmentOf("a"), ["192.0.2.1:7443"]), lines(assignmentOf("b"), [])];
  const text = Buffer.concat([...a]).toString();
  expect(text.indexOf("\n")).toBe(text.length - 1);
  expect(message.parse(JSON.parse(text))).toEqual({
    assignment: assignmentOf("a"),
    servers: ["192.0.2.1:7443"],
  });
  expect(JSON.parse(Buffer.concat([...b]).toString()).assignment).toEqual(assignmentOf("b"));
  expect(a[1]).toBe(b[1]);
});
