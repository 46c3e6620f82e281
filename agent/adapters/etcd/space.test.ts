import { expect, test } from "@jest/globals";
import type { Gateway } from "./gateway.ts";
import { createForgetting } from "./space.ts";

test("old revisions are forgotten in steps, and a failed step is made up for by the next", async () => {
  const asked: unknown[] = [];
  const gateway: Gateway = {
    call: async (path, body) => {
      asked.push({ path, body });
      throw new Error("away");
    },
    stream: () => {
      throw new Error("not asked for");
    },
    close: () => {},
  };
  const forget = createForgetting(gateway);
  for (let revision = 1; revision <= 1_600; revision++) forget(revision);
  await Promise.resolve();
  const compaction = (revision: string) => ({ path: "/v3/kv/compaction", body: { revision } });
  expect(asked).toEqual([compaction("250"), compaction("500")]);
});
