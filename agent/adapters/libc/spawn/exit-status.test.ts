import { expect, test } from "@jest/globals";
import { decodeExit, exitCode } from "./exit-status.ts";

test.each([
  [0x0000, { code: 0, signal: null }, 0],
  [0x0300, { code: 3, signal: null }, 3],
  [0xff00, { code: 255, signal: null }, 255],
  [0x0009, { code: null, signal: "SIGKILL" }, 137],
  [0x008b, { code: null, signal: "SIGSEGV" }, 139],
] as const)("status word %i", (status, exit, code) => {
  expect(decodeExit(status)).toEqual(exit);
  expect(exitCode(exit)).toBe(code);
});
