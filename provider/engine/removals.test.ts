import { expect, test } from "@jest/globals";
import { createRemovals } from "./removals.ts";
import type { Call, Operations, Stored } from "./types.ts";

const on = (clusterId: string): Stored => ({
  id: "web",
  inputs: { value: {}, secretPaths: new Set() },
  outputs: { clusterId },
});

/** Deletes that end when they are told to, and a call for each. */
function setUp() {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const removals = createRemovals();
  const operations = {
    delete: async (_: Stored, { urn }: Call) => {
      begun.push(urn);
      const end = Promise.withResolvers<void>();
      ends.set(urn, end);
      await end.promise;
    },
  } as unknown as Operations;
  const said: string[] = [];
  const call = (urn: string, signal = new AbortController().signal): Call => ({
    ...{ urn, signal, timed: false, made: new Set<string>() },
    progress: () => undefined,
    warn: () => undefined,
    info: (message) => void said.push(`${urn}: ${message}`),
  });
  return {
    ...{ begun, said, call, end: (urn: string) => ends.get(urn) },
    clusters: removals.ofClusters(operations),
    services: removals.onClusters(operations),
    hosts: removals.besideClusters(operations),
  };
}

/** Lets everything happen that is only a matter of turns. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("a cluster goes after what is being deleted on it, and with what is deleted after that", async () => {
  const { begun, said, call, end, clusters, services } = setUp();
  const early = services.delete(on("a"), call("early"));
  const cluster = clusters.delete(on("a"), call("cluster"));
  const late = services.delete(on("a"), call("late"));
  const elsewhere = services.delete(on("b"), call("elsewhere"));
  await settle();
  expect(begun).toEqual(["early", "elsewhere"]);
  end("early")?.reject(new Error("stuck"));
  await expect(early).rejects.toThrow("stuck");
  await settle();
  expect(begun).toEqual(["early", "elsewhere", "cluster"]);
  end("cluster")?.resolve();
  await Promise.all([cluster, late]);
  await services.delete(on("a"), call("later"));
  expect(said).toEqual(["late: web went with its cluster", "later: web went with its cluster"]);
  end("elsewhere")?.resolve();
  await elsewhere;
});

test("where the cluster stays, what is on it is deleted by itself", async () => {
  const { begun, call, end, clusters, services } = setUp();
  const cluster = clusters.delete(on("a"), call("cluster"));
  await settle();
  const service = services.delete(on("a"), call("service"));
  end("cluster")?.reject(new Error("others keep a document on it"));
  await expect(cluster).rejects.toThrow("others keep");
  await settle();
  expect(begun).toEqual(["cluster", "service"]);
  end("service")?.resolve();
  await service;
});

test("who waits can be cancelled", async () => {
  const { begun, call, end, clusters, services } = setUp();
  const cancelled = new AbortController();
  const service = services.delete(on("a"), call("service"));
  const cluster = clusters.delete(on("a"), call("cluster", cancelled.signal));
  await settle();
  cancelled.abort();
  await expect(cluster).rejects.toMatchObject({ code: "cancelled" });
  end("service")?.resolve();
  await service;
  expect(begun).toEqual(["service"]);
});

test("what has something elsewhere is deleted whatever becomes of its cluster, which waits for it", async () => {
  const { begun, said, call, end, clusters, hosts } = setUp();
  const early = hosts.delete(on("a"), call("early"));
  const cluster = clusters.delete(on("a"), call("cluster"));
  const late = hosts.delete(on("a"), call("late"));
  await settle();
  expect(begun).toEqual(["early"]);
  end("early")?.resolve();
  await early;
  await settle();
  expect(begun).toEqual(["early", "cluster"]);
  end("cluster")?.resolve();
  await cluster;
  await settle();
  expect(begun).toEqual(["early", "cluster", "late"]);
  end("late")?.resolve();
  await late;
  expect(said).toEqual([]);
});
