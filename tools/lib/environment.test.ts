import { expect, test } from "@jest/globals";
import { shellEnvironment, toolEnvironment } from "./environment.mjs";
import { root } from "./places.mjs";

const decided = { PULUMI_ACCESS_TOKEN: "token", PULUMI_CONFIG_PASSPHRASE: "" };

test("leaves a backend and a passphrase that the user chose alone", () => {
  const { variables } = shellEnvironment(decided);
  expect(Object.keys(variables)).not.toContain("PULUMI_BACKEND_URL");
  expect(Object.keys(variables)).not.toContain("PULUMI_CONFIG_PASSPHRASE_FILE");
});

test("puts this clone's programs before the caller's", () => {
  expect(toolEnvironment({ PATH: "/usr/bin" }).PATH).toBe(`${root}/dist/bin:${root}/dist/tools:/usr/bin`);
});

test("gives tests no backend of the user's", () => {
  expect(toolEnvironment({}).PULUMI_BACKEND_URL).toBeUndefined();
});
