import { expect, test } from "@jest/globals";
import { isNewer } from "./versions.ts";

test.each([
  ["0.2.0", "0.1.0", true],
  ["0.10.0", "0.9.9", true],
  ["1.0.0", "1.0.0-rc.1", true],
  ["0.1.0", "0.1.0", false],
  ["0.1.0", "0.2.0", false],
  ["1.0.0-rc.1", "1.0.0", false],
  ["unknown", "0.1.0", false],
])("%s is newer than %s: %s", (version, than, answer) => expect(isNewer(version, than)).toBe(answer));
