import { expect, test } from "@jest/globals";
import { login } from "./login.ts";

test("what ssh says is part of the failure where nobody is shown it", async () => {
  const options = { root: undefined, isUnattended: true, isShown: false };
  await expect(login("127.0.0.1:1", options, new AbortController().signal)).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(
      /^dial ssh:\/\/127\.0\.0\.1:1: it ended before it began: .*port 1: Connection refused/,
    ),
  });
});
