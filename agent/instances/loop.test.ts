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
  ...{ specs: {}, secrets: {}, configs: {}, registries: {}, services: [] },
};

let folder: string;
let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
  folder = mkdtempSync(join(tmpdir(), "cst-loop-"));
});
afterEach(() => {
  stop.abort();
  rmSync(folder, { recursive: true });
});

const unused = (what: string) => async () => {
  throw new Error(`${what} was called`);
};
const idleRuntime: Runtime = {
  ...{ prepare: unused("prepare"), signal: unused("signal"), remove: unused("remove"), exec: unused("exec") },
  ...{ runInside: unused("runInside"), onEnd() {}, expectStart() {} },
  ...{ list: async () => [id], ended: async () => [], look: async () => ({ kind: "running", process }) },
};

/** The instances of a host that runs one, which an agent before this one started. */
function createAdopted(ports: Partial<InstancesPorts>) {
  const folders = { state: join(folder, "state"), runtime: folder, closed: [] };
  writeRecord(placesOf(folders, id), {
    ...{ version: 1, placement, image: "x", healthy: true },
    policy: { restart: "always", delayMs: 1_000, windowMs: 1_000, stopSignal: "SIGTERM", graceMs: 1_000 },
    life: { ...newLife(0), state: { kind: "running", process, startedAt: 0 } },
  });
  return createHostInstances({
    ...{ folders, host: "alpha", log: pino({ level: "silent" }) },
    ports: {
      runtime: idleRuntime,
      images: {
        ...{ pull: unused("pull"), bring: unused("bring") },
        ...{ resolve: unused("resolve"), unpack: unused("unpack") },
      },
      mounts: { overlay: unused("overlay"), tmpfs: unused("tmpfs"), unmount: unused("unmount") },
      fence: {
        untilGranted: unused("untilGranted"),
        ...{ hold() {}, requireGranted() {}, release() {}, isOverdue: () => false, wasOverdue: () => false },
      },
      network: {
        plugIn: unused("plugIn"),
        unplug: unused("unplug"),
        leadsTo: () => true,
        owesAnswer: unused("owesAnswer"),
      },
      reports: { instances: async () => undefined, changed() {}, progress() {} },
      ...ports,
    },
  });
}

test("an assignment that comes in the middle of a pass stops nothing that it wants", async () => {
  const looked = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const decided = Promise.withResolvers<void>();
  const reported = Promise.withResolvers<void>();
  const did: string[] = [];
  const noted = (what: string) => async () => void did.push(what);
  const states: string[] = [];
  let passes = 0;
  const instances = createAdopted({
    runtime: {
      ...{ ...idleRuntime, signal: noted("signal"), remove: noted("remove") },
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
    },
    reports: {
      async instances(list) {
        states.push(...list.map(({ state }) => state));
        reported.resolve();
      },
      changed() {},
      progress() {},
    },
  });
  async function* assignments() {
    await looked.promise;
    yield assignment;
    arrived.resolve();
  }
  const running = instances.run(assignments(), stop.signal);
  await Promise.all([decided.promise, reported.promise]);
  stop.abort();
  await running;
  expect(did).toEqual([]);
  expect(new Set(states)).toEqual(new Set(["running"]));
  expect(instances.list()[0]).toMatchObject({ state: "running", healthy: true, pid: 7 });
});

test("health that could not be watched is watched again", async () => {
  const again = Promise.withResolvers<void>();
  let attempts = 0;
  const resolve = async () => {
    attempts += 1;
    if (attempts === 2) again.resolve();
    throw new Error("disk full");
  };
  const instances = createAdopted({
    images: { pull: unused("pull"), bring: unused("bring"), resolve, unpack: unused("unpack") },
  });
  const spec = { namespace: "default", service: "web", inputs: {}, imageDigest: "x", minHealthyTimeMs: 0 };
  async function* assignments() {
    yield { ...assignment, specs: { [placement.specKey]: spec } };
  }
  const running = instances.run(assignments(), stop.signal);
  await again.promise;
  stop.abort();
  await running;
  expect(instances.list()[0]).toMatchObject({ state: "running", healthy: true });
});
