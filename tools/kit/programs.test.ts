import { expect, test } from "@jest/globals";
import { requiredPrograms } from "../../agent/install/index.ts";
import { debianPrograms } from "./programs.ts";

test("a kit brings every program without which no agent starts", () => {
  expect([...Object.keys(debianPrograms), "etcd"]).toEqual(
    expect.arrayContaining(Object.keys(requiredPrograms)),
  );
});
