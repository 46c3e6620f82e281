import { describe, expect, test } from "@jest/globals";
import type { HostRecord, TokenRecord } from "../store/index.ts";
import { admit, digestOfSecret, formatToken, makeToken, parseToken, parseWish } from "./join.ts";

const now = new Date("2026-11-23T12:00:00.000Z");
const wish = { secret: "s3cret", uid: "a".repeat(32) };
const token: TokenRecord = {
  ...{ host: "worker-1", digest: digestOfSecret(wish.secret), by: "uid 0" },
  expiresAt: "2026-11-23T12:10:00.000Z",
};
const host = (name: string, more: Partial<HostRecord> = {}): HostRecord => ({
  ...{ name, role: "host", cidr: "10.64.4.0/22", addedAt: now.toISOString(), uid: "b".repeat(32) },
  ...more,
});
const server = host("s1", { role: "server" });
const refusal = (...args: Parameters<typeof admit>) => {
  const admission = admit(...args);
  return "refusal" in admission ? admission.refusal : undefined;
};

test("a machine joins under the name that its token was made for", () => {
  expect(admit(wish, "k", token, [server], now)).toEqual({
    host: "worker-1",
    role: "host",
    known: undefined,
  });
});

test("the same machine may ask once more: the answer was lost, or it was set up anew", () => {
  const known = host("worker-1", { uid: wish.uid });
  expect(admit(wish, "k", { ...token, spentBy: "k" }, [server, known], now)).toMatchObject({ known });
  expect(admit(wish, "k2", token, [server, known], now)).toMatchObject({ known });
});

test("a server whose answer was lost may ask once more by the same key", () => {
  const spent: TokenRecord = { ...token, host: "s2", role: "server", spentBy: "k" };
  const known = host("s2", { role: "server", uid: wish.uid });
  expect(admit(wish, "k", spent, [server, known], now)).toMatchObject({ role: "server", known });
});

describe("refuses", () => {
  test.each<[string, string, Parameters<typeof admit>]>([
    ["a token that nobody made", "no such token", [wish, "k", undefined, [server], now]],
    ["a wrong secret", "no such token", [{ ...wish, secret: "other" }, "k", token, [server], now]],
    [
      "one whose time is over",
      "good until 2026-11-23T12:10",
      [wish, "k", token, [server], new Date("2026-11-23T12:10:01Z")],
    ],
    [
      "one that another machine has spent",
      "spent, by worker-1",
      [wish, "k", { ...token, spentBy: "other" }, [server], now],
    ],
    [
      "a cloned machine id",
      "this machine is worker-7 already",
      [wish, "k", token, [server, host("worker-7", { uid: wish.uid })], now],
    ],
    ["a name that is taken", "is another machine", [wish, "k", token, [server, host("worker-1")], now]],
    [
      "a server's name",
      "is a server",
      [wish, "k", { ...token, host: "s1" }, [{ ...server, uid: wish.uid }], now],
    ],
    [
      "a server that lost its state, as the same one",
      "is a server; remove it first",
      [wish, "k", { ...token, host: "s1", role: "server" }, [{ ...server, uid: wish.uid }], now],
    ],
    [
      "a host as a server",
      "is a host; take its agent down",
      [wish, "k", { ...token, role: "server" }, [server, host("worker-1", { uid: wish.uid })], now],
    ],
  ])("%s", (_, reason, args) => expect(refusal(...args)).toMatch(reason));
});

test("a token is one word, and what is no token is refused without repeating it", () => {
  const made = makeToken("c".repeat(64));
  expect(parseToken(`${formatToken(made)}\n`)).toEqual(made);
  expect(formatToken(made)).not.toMatch(/\s/);
  for (const text of ["", "hunter2", formatToken(made).slice(0, -1)])
    expect(() => parseToken(text)).toThrow(/^read the join token: it is none, or cut short/);
});

test("a malformed wish is refused without repeating it", () => {
  for (const text of ['{"secret":"hunter2"', '{"secret":"hunter2"}', '"hunter2"'])
    expect(() => parseWish(text)).toThrow(/^join: the request is malformed; use the servers' version here$/);
});
