import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "@jest/globals";
import type { Digest } from "../../contract/index.ts";
import { createCopies } from "./copies.ts";
import { createHandOver } from "./hand-over.ts";
import type { OtherBlobs } from "./types.ts";

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const [one, two, three] = ["1", "2", "3"].map(digest) as [Digest, Digest, Digest];

function blobs(held: readonly Digest[]) {
  const content = new Map<string, string>(held.map((of) => [of, `of ${of}`]));
  const store = {
    content,
    missingBlobs: async (digests: readonly Digest[]) => digests.filter((of) => !content.has(of)),
    async putBlob(of: Digest, bytes: Readable) {
      content.set(of, (await buffer(bytes)).toString());
    },
    openBlob: async (of: Digest) => Readable.from([Buffer.from(content.get(of) ?? "")]),
  };
  const other: OtherBlobs = {
    server: "other",
    missing: store.missingBlobs,
    put: store.putBlob,
    open: store.openBlob,
  };
  return { ...store, other };
}
const dead: OtherBlobs = {
  server: "dead",
  missing: () => Promise.reject(new Error("no answer")),
  put: () => Promise.reject(new Error("no answer")),
  open: () => Promise.reject(new Error("no answer")),
};
const text = (of: Digest) => Readable.from([Buffer.from(`of ${of}`)]);

test("an upload is on two servers before it is acknowledged, on the next one where one is dead", async () => {
  const [own, second] = [blobs([]), blobs([])];
  const copies = createCopies({
    self: "self",
    own,
    others: () => [dead, second.other],
    isAlone: async () => false,
  });
  await copies.putBlob(one, text(one));
  expect([own.content.get(one), second.content.get(one)]).toEqual([`of ${one}`, `of ${one}`]);
});

test("where there are others and none takes it, it is not acknowledged; the only server needs none", async () => {
  const [own, alone] = [blobs([]), blobs([])];
  const copies = createCopies({ self: "self", own, others: () => [dead], isAlone: async () => false });
  await expect(copies.putBlob(one, text(one))).rejects.toMatchObject({ code: "unreachable" });
  // Held by one alone it counts for nothing.
  await expect(copies.missingBlobs([one])).rejects.toMatchObject({ code: "unreachable" });
  await createCopies({ self: "self", own: alone, others: () => [], isAlone: async () => true }).putBlob(
    one,
    text(one),
  );
  expect(alone.content.has(one)).toBe(true);
});

test("what one server has is missing at none: it is brought from there, and brought there", async () => {
  const [own, second] = [blobs([one]), blobs([two])];
  const copies = createCopies({
    self: "self",
    own,
    others: () => [second.other],
    isAlone: async () => false,
  });
  expect(await copies.missingBlobs([one, two, three, one])).toEqual([three]);
  for (const { content } of [own, second]) expect([...content.keys()].sort()).toEqual([one, two]);
  await expect(copies.openElsewhere(three, new AbortController().signal)).rejects.toMatchObject({
    code: "image-missing",
  });
});

test("while another server is joining, uploads are taken by the only one that keeps the state", async () => {
  const own = blobs([]);
  await createCopies({ self: "self", own, others: () => [dead], isAlone: async () => true }).putBlob(
    one,
    text(one),
  );
  expect(own.content.has(one)).toBe(true);
});

test("what is here and nowhere else is copied to a server that answers, and nothing else is", async () => {
  const [own, second, third] = [blobs([one, two]), blobs([two]), blobs([])];
  const others = () => [dead, second.other, third.other];
  const copies = createCopies({ self: "self", own, others, isAlone: async () => false });
  await copies.ensure([one, two, three]);
  expect([[...second.content.keys()].sort(), [...third.content.keys()]]).toEqual([[one, two], []]);
  const lonely = createCopies({ self: "self", own, others: () => [dead], isAlone: async () => false });
  await expect(lonely.ensure([one])).rejects.toMatchObject({ code: "unreachable" });
});

describe("before a server goes", () => {
  const never = new AbortController().signal;
  const named = (server: string, { other }: ReturnType<typeof blobs>) => ({ ...other, server });
  const held = (...all: ReturnType<typeof blobs>[]) => all.map(({ content }) => [...content.keys()].sort());

  test("what it has gets to two of those that stay, through whichever server is asked", async () => {
    const [own, second, third] = [blobs([two]), blobs([one, two]), blobs([])];
    const others = () => [named("second", second), named("third", third)];
    const copies = createCopies({ self: "self", own, others, isAlone: async () => false });
    await copies.spread([one, two, three], "second", never);
    expect(held(own, third)).toEqual([
      [one, two],
      [one, two],
    ]);
  });

  test("the one that is asked hands over itself, to the only one that stays", async () => {
    const [own, second] = [blobs([one]), blobs([])];
    const others = () => [named("second", second), dead];
    await createCopies({ self: "self", own, others, isAlone: async () => false }).spread(
      [one],
      "self",
      never,
    );
    expect(held(second)).toEqual([[one]]);
  });

  test("it stays where nobody takes what it alone has, but not for what it does not answer for", async () => {
    const refuse = { ...blobs([]).other, put: dead.put };
    const others = () => [refuse, dead];
    const copies = createCopies({ self: "self", own: blobs([one]), others, isAlone: async () => false });
    await expect(copies.spread([one], "self", never)).rejects.toMatchObject({
      code: "busy",
      message: expect.stringMatching(
        /^remove server self: it alone has an uploaded image in use, .*\(no answer\); try again$/,
      ),
    });
    await copies.spread([one, two], "dead", never);
  });
});

test("handing over goes on when somebody has waited for long, and the next one waits for the same", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const begun: string[] = [];
  const handOver = createHandOver({
    copies: {
      spread: async (digests, leaving) => {
        begun.push(...digests, leaving);
        await promise;
      },
    },
    uploads: () => [one],
    blobsOf: async (image) => new Set([image, two]),
    ...{ patienceMs: 1, signal: new AbortController().signal },
  });
  await expect(handOver("old")).rejects.toMatchObject({ code: "busy" });
  const again = handOver("old");
  resolve();
  await again;
  expect(begun).toEqual([one, two, "old"]);
});
