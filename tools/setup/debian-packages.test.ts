import { expect, test } from "@jest/globals";
import { requiredPrograms } from "../../agent/install/index.ts";
import { packageOf } from "./debian-packages.mjs";

test("setup installs what an agent asks for", () => {
  const asked = Object.values(requiredPrograms).filter((name) => name !== undefined);
  expect(Object.values(packageOf.agent)).toEqual(expect.arrayContaining(asked));
});
