import { describe, expect, test } from "@jest/globals";
import { owesAnswer } from "./answers.ts";
import type { TcpSocket } from "./types.ts";

const listening: TcpSocket = { kind: "listening", port: 80 };
const idle = {
  kind: "connected",
  port: 80,
  isInside: false,
  unreadBytes: 0,
  unsentBytes: 0,
  hasReceived: true,
  hasSent: true,
  receivedAgoMs: 2_000,
  sentAgoMs: 1_000,
} as const;

describe("an answer is owed", () => {
  test.each<[string, Partial<typeof idle> | object, boolean]>([
    ["nobody, on a connection that is kept after its answer", {}, false],
    ["nobody, where both fall into one of the kernel's ticks", { receivedAgoMs: 1_000 }, false],
    ["nobody, on a connection that nothing came over", { hasReceived: false, hasSent: false }, false],
    ["to the first request, come with its connection", { receivedAgoMs: 1_000, hasSent: false }, true],
    ["to a request that came after what was sent last", { receivedAgoMs: 900 }, true],
    ["to a request that is not read yet", { unreadBytes: 3 }, true],
    ["where a part of it has not arrived", { unsentBytes: 3 }, true],
    ["where its last part was sent just now", { sentAgoMs: 4 }, true],
    ["nobody whose last word is long ago", { receivedAgoMs: 30_001, sentAgoMs: 40_000 }, false],
    [
      "nobody who is gone without reading it",
      { receivedAgoMs: 40_000, sentAgoMs: 30_001, unsentBytes: 9 },
      false,
    ],
    ["nobody inside", { receivedAgoMs: 900, isInside: true }, false],
    ["nobody by a connection that the instance made", { receivedAgoMs: 900, port: 40_000 }, false],
  ])("%s", (_, more, expected) => {
    expect(owesAnswer([listening, idle, { ...idle, ...more }])).toBe(expected);
  });
});
