import { expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { createConfirm } from "./confirm.ts";

test("who asks while a question is under way waits for the answer to the next one", async () => {
  const questions: PromiseWithResolvers<number>[] = [];
  const newest = () => {
    const question = Promise.withResolvers<number>();
    questions.push(question);
    return question.promise;
  };
  const shown: number[] = [];
  const confirm = createConfirm({ newest, reached: async (revision) => void shown.push(revision) });
  const done: string[] = [];
  const first = confirm(5_000).then(() => done.push("first"));
  const others = ["second", "third"].map((name) => confirm(5_000).then(() => done.push(name)));
  questions[0]?.resolve(7);
  await first;
  expect(done).toEqual(["first"]);
  questions[1]?.resolve(8);
  await Promise.all(others);
  expect(shown).toEqual([7, 8]);
});

test("it asks again while nobody answers, and gives up in time", async () => {
  let left = 2;
  const newest = async () => {
    left -= 1;
    if (left >= 0) throw new Error("no leader");
    return 1;
  };
  await createConfirm({ newest, reached: async () => undefined })(5_000);
  const never = createConfirm({ newest: () => new Promise(() => {}), reached: async () => undefined });
  await expect(never(20)).rejects.toMatchObject({ code: "unreachable" });
});

test("it says what is wrong with this server's own store, where that is known", async () => {
  const full = new ConstellationError("unreachable", "read the store: no space left for /s/etcd; free some");
  const newest = async () => {
    throw full;
  };
  const confirm = createConfirm({ newest, reached: async () => undefined });
  await expect(confirm(20)).rejects.toThrow(/^ask the other servers: read the store: no space left/);
});
