import { expect, test } from "@jest/globals";
import * as z from "zod";
import { about, fieldsOf } from "./field.ts";

test("metadata is the copy's alone, and the outermost wins", () => {
  const shared = z.string().describe("A text.");
  const fields = fieldsOf(
    z.object({
      plain: shared,
      secret: about(shared, { secret: true }),
      outer: about(about(shared, { secret: true, format: "duration" }).optional(), { secret: false }),
    }),
  );
  expect(fields.map(({ key, doc, meta }) => ({ key, doc, meta }))).toEqual([
    { key: "plain", doc: "A text.", meta: {} },
    { key: "secret", doc: "A text.", meta: { secret: true } },
    { key: "outer", doc: "A text.", meta: { secret: false, format: "duration" } },
  ]);
});

test("a type without a place in the tree is refused by name", () => {
  expect(() => fieldsOf(z.object({ when: z.date() }))).toThrow("compile field when: zod type date");
});
