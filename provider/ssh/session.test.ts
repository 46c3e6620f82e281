import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { Client } from "ssh2";
import { limits } from "./limits.ts";
import { createSession } from "./session.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** An sshd that goes on answering signs of life, and starts nothing. */
function stuckClient() {
  const destroy = jest.fn();
  const client = Object.assign(new EventEmitter(), { exec: () => true, end: () => {}, destroy });
  const target = { address: "10.0.0.1", port: 22, user: "root" };
  const session = createSession(client as unknown as Client, target, { hostKeys: {}, close: () => {} });
  return { session, destroy };
}

test("a command that an sshd never starts fails within the bound, and the next one gets a new login", async () => {
  const { session, destroy } = stuckClient();
  const running = expect(session.run("true", { timeoutMs: 600_000 })).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(/start a command on ssh:\/\/root@10\.0\.0\.1:22: not started within 20 s/),
  });
  await jest.advanceTimersByTimeAsync(limits.startMs);
  await running;
  expect(destroy).toHaveBeenCalled();
});

test("who gives up need not wait for it", async () => {
  const { session } = stuckClient();
  const stop = new AbortController();
  const running = expect(
    session.run("true", { timeoutMs: 600_000, signal: stop.signal }),
  ).rejects.toMatchObject({ code: "cancelled" });
  stop.abort();
  await running;
});
