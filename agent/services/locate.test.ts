import { expect, test } from "@jest/globals";
import { type Digest, parseReference, type RegistryReference } from "../../contract/index.ts";
import { createLocate } from "./locate.ts";

const digest: Digest = `sha256:${"a".repeat(64)}`;
const access = (password = "p") => ({
  registries: {},
  credentials: { "r.example": { username: "ann", password } },
});
const app = (tag: number) => parseReference(`r.example/app:${tag}`) as RegistryReference;

/** A registry that answers when told to. */
function slowRegistry() {
  const questions: PromiseWithResolvers<Digest>[] = [];
  const locate = createLocate({
    locate() {
      const question = Promise.withResolvers<Digest>();
      questions.push(question);
      return question.promise;
    },
  });
  return { questions, locate };
}

test("equal questions at the same time are one, and a later one is asked again", async () => {
  const { questions, locate } = slowRegistry();
  const answers = [locate(app(1), access()), locate(app(1), access()), locate(app(1), access("other"))];
  expect(questions).toHaveLength(2); // Another identity may be told something else.
  for (const question of questions) question.resolve(digest);
  expect(await Promise.all(answers)).toEqual([digest, digest, digest]);
  const later = locate(app(1), access());
  expect(questions).toHaveLength(3);
  questions[2]?.reject(new Error("gone"));
  await expect(later).rejects.toThrow("gone");
});

test("different questions are asked some at once", async () => {
  const { questions, locate } = slowRegistry();
  const answers = Array.from({ length: 20 }, (_, tag) => locate(app(tag), access()));
  expect(questions).toHaveLength(8);
  for (let at = 0; at < 20; at++) {
    questions[at]?.resolve(digest);
    await answers[at];
  }
  expect(questions).toHaveLength(20);
});
