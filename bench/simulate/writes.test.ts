import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { writeAll } from "./writes.ts";

const forever = new AbortController().signal;

test("what a busy server does not take is written again", async () => {
  const written: string[] = [];
  let tries = 0;
  const busy = async () => {
    if (tries++ === 0) throw new ConstellationError("timeout", "write: no answer in time; try again");
    written.push("busy");
  };
  const { done, again } = writeAll([busy, async () => void written.push("free")], forever);
  await done;
  expect(written).toEqual(["free", "busy"]);
  expect(again()).toBe(1);
});

test("what is refused for good is not", async () => {
  const refused = async () => {
    throw new ConstellationError("invalid", "write: replicas is negative");
  };
  await expect(writeAll([refused], forever).done).rejects.toThrow("replicas is negative");
});
