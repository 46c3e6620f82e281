import { expect, test } from "@jest/globals";
import { passingOver } from "./log.ts";

test("lines that do not fit are left out, and counted in the first one that does", () => {
  let text = "";
  let room = 14;
  const log = passingOver((bytes) => {
    if (room === 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    const written = bytes.subarray(0, room);
    text += String(written);
    room -= written.length;
    return written.length;
  });
  for (const line of ["first\n", "second\n", "third\n", "fourth\n"]) log.write(line);
  expect(text).toBe("first\nsecond\nt");
  room = 1000;
  log.write("fifth\n");
  const [, , torn, lost, last] = text.split("\n");
  expect([torn, last]).toEqual(["t", "fifth"]);
  expect(JSON.parse(lost ?? "")).toMatchObject({ lost: 2, msg: "lines lost" });
});
