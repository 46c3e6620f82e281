import { expect, test } from "@jest/globals";
import { pino } from "pino";
import type { Digest } from "../../contract/index.ts";
import { keepCopies } from "./keep.ts";

test("an image that cannot be copied keeps no later one from it", async () => {
  const stop = new AbortController();
  const asked: Digest[] = [];
  let onServers = () => {};
  const images: Digest[] = ["sha256:bad", "sha256:unreadable", "sha256:good"];
  const kept = keepCopies({
    copies: {
      async ensure(digests) {
        asked.push(...digests);
        if (digests.includes("sha256:bad")) throw new Error("no server takes it");
        stop.abort();
      },
    },
    others: {
      isAlone: () => false,
      onServers: (listener) => {
        onServers = listener;
      },
    },
    uploads: () => images,
    async blobsOf(image) {
      if (image === "sha256:unreadable") throw new Error("a blob is missing");
      return new Set([image]);
    },
    log: pino({ level: "silent" }),
    signal: stop.signal,
    settleMs: 0,
  });
  onServers();
  await kept;
  expect(asked).toEqual(["sha256:bad", "sha256:good"]);
});
