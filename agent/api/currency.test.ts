import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { becomeCurrent } from "./currency.ts";

const confirm = async () => {};
const alone = async () => {
  throw new ConstellationError("unreachable", "too few answer");
};

test("with the others asked there is nothing to say", async () => {
  expect(await becomeCurrent("getDocument", confirm)).toEqual({});
});

test("where they cannot be asked a read is marked, a write fails, and what is this machine's own is as ever", async () => {
  expect((await becomeCurrent("getDocument", alone)).warning).toMatch(/^110 /);
  await expect(becomeCurrent("putDocument", alone)).rejects.toMatchObject({ code: "unreachable" });
  expect(await becomeCurrent("info", alone)).toEqual({});
});
