import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as z from "zod";
import { privateRecord } from "./private-record.ts";

const record = privateRecord("own.json", z.object({ name: z.string() }), "join again");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-record-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("there is none, then what was written, in a file of root's, then none", () => {
  const file = join(folder, "own.json");
  expect(record.read(folder)).toBeUndefined();
  record.write(folder, { name: "one" });
  expect(record.read(folder)).toEqual({ name: "one" });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ version: 1, name: "one" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  record.forget(folder);
  expect(record.read(folder)).toBeUndefined();
  record.forget(folder);
});

test.each(["{", "{}", '{"version":2,"name":"one"}', '{"version":1,"name":7}'])(
  "%s is not taken for a record, and the fix is told",
  (text) => {
    writeFileSync(join(folder, "own.json"), text);
    const message = expect.stringMatching(/^read .*own\.json: it is damaged; join again$/);
    const read = () => record.read(folder);
    expect(read).toThrow(expect.objectContaining({ code: "host-unfit", message }));
  },
);
