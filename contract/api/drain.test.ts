import { expect, test } from "@jest/globals";
import type { Client } from "./client.ts";
import { drainHost } from "./drain.ts";

const instance = (name: string, more: object = {}) => ({
  ...{ name, namespace: "default", service: "web", host: "host2", state: "running" },
  ...more,
});

/** Each look sees the next list; the last one stays. */
function clusterOf(...looks: (readonly object[])[]) {
  const written: unknown[] = [];
  let look = 0;
  const client = {
    putHost: async (name: string, body: unknown) => written.push([name, body]),
    listInstances: async () => looks[Math.min(look++, looks.length - 1)],
    getDocument: async () => ({
      status: { rejections: [{ slot: "web-0", message: "1 host: host2 is draining" }] },
    }),
  } as unknown as Client;
  return { client, written };
}

const draining = (client: Client, timeoutMs: number, signal = new AbortController().signal) => {
  const said: string[] = [];
  return {
    said,
    done: drainHost(client, "host2", { timeoutMs, signal, onProgress: (one) => said.push(one) }),
  };
};

test("a drain marks the host and waits for all that runs there, and for nothing else", async () => {
  const others = [instance("web-1", { host: "host1" }), instance("job-0", { state: "completed" })];
  const { client, written } = clusterOf([instance("web-0"), ...others], [...others]);
  const { said, done } = draining(client, 10_000);
  await done;
  expect(written).toEqual([["host2", { availability: "draining" }]]);
  expect(said).toEqual(["1 instance left: web-0"]);
});

test("what was placed just before the mark was seen is waited for, too", async () => {
  const { client } = clusterOf([], [instance("web-0")], []);
  const { said, done } = draining(client, 10_000);
  await done;
  expect(said).toEqual(["1 instance left: web-0"]);
});

test("one that comes to no end names what stays and why no other host takes it", async () => {
  const { client } = clusterOf([instance("web-0")]);
  await expect(draining(client, 0).done).rejects.toMatchObject({
    code: "timeout",
    message: expect.stringMatching(
      /^drain host2: after 0 s 1 instance left: web-0 \(web-0: 1 host: .*; make/,
    ),
  });
});

test("one that is cancelled ends at once", async () => {
  const { client } = clusterOf([instance("web-0")]);
  const stop = new AbortController();
  const { done } = draining(client, 60_000, stop.signal);
  stop.abort();
  await expect(done).rejects.toMatchObject({ code: "cancelled" });
});
