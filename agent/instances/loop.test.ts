import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { pino } from "pino";
import type { Assignment } from "../session/index.ts";
import { newLife } from "./life.ts";
import { createHostInstances, type InstancesPorts } from "./loop.ts";
import { placesOf } from "./places.ts";
import { writeRecord } from "./record.ts";
import type { Runtime } from "./types.ts";

const id = "web-0-aaaaaa";
const process = { pid: 7, startTime: "42" };
const placement = {
  ...{ id, namespace: "default", service: "web", serviceUid: "u1", name: "web-0", index: 0, specKey: "u1/1" },
  ...{ revision: 1, address: "10.64.0.5" },
};
const assignment: Assignment = {
  revision: 1,
  host: {
    name: "alpha",
    cidr: "",
    gateway: "10.64.0.1",
    clusterCidr: "",
    serviceCidr: "",
    domain: "internal",
  },
  placements: [{ ...placement, want: "run", reason: "wanted" }],
  ...{ specs: {}, secrets: {}, configs: {}, services: [] },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cst-loop-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("an assignment that comes in the middle of a pass stops nothing that it wants", async () => {
  const stop = new AbortController();
  const decided = Promise.withResolvers<void>();
  const reported = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const did: string[] = [];
  let passes = 0;
  const unused = (what: string) => async () => {
    did.push(what);
    throw new Error(`${what} was called`);
  };
  const runtime: Runtime = {
    ...{ start: unused("start"), signal: unused("signal"), remove: unused("remove"), exec: unused("exec") },
    ...{ runInside: unused("runInside"), reopenLog: unused("reopenLog"), onEnd() {}, expectStart() {} },
    list: async () => [id],
    async ended() {
      passes += 1;
      // The one before has done all it decided on.
      if (passes === 2) decided.resolve();
      return [];
    },
    async look() {
      looked.resolve();
      await arrived.promise;
      return { kind: "running", process };
    },
  };
  const network = { plugIn: unused("plugIn"), unplug: unused("unplug"), leadsTo: () => true };
  const images = { resolve: unused("resolve"), unpack: unused("unpack") };
  const mounts = { overlay: unused("overlay"), tmpfs: unused("tmpfs"), unmount: unused("unmount") };
  const states: string[] = [];
  const reports: InstancesPorts["reports"] = {
    async instances(list) {
      states.push(...list.map(({ state }) => state));
      reported.resolve();
    },
    progress() {},
  };
  const folders = { state: join(folder, "state"), runtime: folder };
  writeRecord(placesOf(folders, id), {
    ...{ version: 1, placement, image: "x", healthy: true },
    policy: { restart: "always", delayMs: 1_000, windowMs: 1_000, stopSignal: "SIGTERM", graceMs: 1_000 },
    life: { ...newLife(0), state: { kind: "running", process, startedAt: 0 } },
  });

  async function* assignments() {
    await looked.promise;
    yield assignment;
    arrived.resolve();
  }
  const log = pino({ level: "silent" });
  const instances = createHostInstances({
    folders,
    host: "alpha",
    log,
    ports: { runtime, images, mounts, network, reports },
  });
  const running = instances.run(assignments(), stop.signal);
  await Promise.all([decided.promise, reported.promise]);
  stop.abort();
  await running;
  expect(did).toEqual([]);
  expect(new Set(states)).toEqual(new Set(["running"]));
  expect(instances.list()[0]).toMatchObject({ state: "running", healthy: true, pid: 7 });
});
