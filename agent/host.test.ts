import { expect, test } from "@jest/globals";
import type { Instance } from "../contract/index.ts";
import { runHost } from "./host.ts";
import type { HostInstances } from "./instances/index.ts";
import type { Assignment, HostSession } from "./session/index.ts";

/** What the host `vm` is told, with one service that has these instances there. */
const toldOf = (ids: readonly string[], revision = 1): Assignment => {
  const endpoints = ids.map((instance) => ({ instance, host: "vm" }));
  return {
    ...{ revision, host: { name: "vm" } },
    services: [{ name: "web", endpoints }],
  } as unknown as Assignment;
};

test("a route leads to no instance of the host's own that it sees fail, also while no server answers", async () => {
  const ending = new AbortController();
  const told = toldOf(["web-0", "web-1"]);
  let reports = 0;
  const session: HostSession = {
    async *assignments() {
      yield told;
    },
    report: () => (reports++ === 0 ? Promise.resolve() : new Promise(() => undefined)),
    onPlacing() {},
    progress() {},
  };
  let healthy = true;
  const assigned: string[] = [];
  const { promise: isAssigned, resolve } = Promise.withResolvers<void>();
  let changed = () => {};
  const running = runHost({
    ...{ session, lastAssignment: undefined, signal: ending.signal },
    network: {
      assign({ services }) {
        assigned.push(services.flatMap((route) => route.endpoints.map(({ instance }) => instance)).join());
        resolve();
      },
    },
    describe: () => ({}) as ReturnType<Parameters<typeof runHost>[0]["describe"]>,
    createInstances: (reports) => {
      changed = reports.changed;
      return {
        async run(assignments) {
          for await (const _ of assignments);
        },
        list: () => [{ id: "web-0", state: "running", healthy } as Instance],
        entry: () => undefined,
      };
    },
  }).running;
  await isAssigned;
  for (const now of [true, false, false, true]) {
    healthy = now;
    changed();
  }
  expect(assigned).toEqual(["web-0,web-1", "web-1", "web-0,web-1"]);
  ending.abort();
  await running;
});

test("one that stops is led to by others until the servers tell them otherwise, whatever its own host does", async () => {
  const ending = new AbortController();
  const { promise: next, resolve: tell } = Promise.withResolvers<Assignment>();
  const session: HostSession = {
    async *assignments() {
      yield toldOf(["web-0", "web-1"]);
      yield await next;
    },
    report: () => Promise.resolve(),
    onPlacing() {},
    progress() {},
  };
  const [assigned, isLed]: [string[], boolean[]] = [[], []];
  const { promise: isAssigned, resolve } = Promise.withResolvers<void>();
  let leadTo = (_: string) => false;
  const running = runHost({
    ...{ session, lastAssignment: undefined, signal: ending.signal },
    network: {
      assign({ services }) {
        assigned.push(services.flatMap((route) => route.endpoints.map(({ instance }) => instance)).join());
        isLed.push(leadTo("web-0"));
        resolve();
      },
    },
    describe: () => ({}) as ReturnType<Parameters<typeof runHost>[0]["describe"]>,
    createInstances: (_, routes) => {
      leadTo = routes.leadTo;
      return {
        async run(assignments) {
          for await (const _ of assignments);
        },
        list: () => [{ id: "web-0", state: "stopping", healthy: false } as Instance],
        entry: () => undefined,
      };
    },
  }).running;
  expect(leadTo("web-0")).toBe(false);
  await isAssigned;
  tell(toldOf(["web-1"], 2));
  await running;
  expect(assigned).toEqual(["web-1", "web-1"]);
  expect(isLed).toEqual([true, false]);
  ending.abort();
});

test("a host whose first report fails follows what it is told all the same", async () => {
  const ending = new AbortController();
  const told = [1, 2].map((revision) => toldOf([], revision));
  const session: HostSession = {
    async *assignments() {
      yield* told;
    },
    report: () => Promise.reject(new Error("no server takes it")),
    onPlacing() {},
    progress() {},
  };
  const taken: number[] = [];
  const assigned: number[] = [];
  const instances: HostInstances = {
    async run(assignments) {
      for await (const { revision } of assignments) taken.push(revision);
    },
    list: () => [],
    entry: () => undefined,
  };
  await runHost({
    ...{ session, lastAssignment: undefined, signal: ending.signal },
    network: { assign: ({ revision }) => void assigned.push(revision) },
    describe: () => ({}) as ReturnType<Parameters<typeof runHost>[0]["describe"]>,
    createInstances: () => instances,
  }).running;
  expect([taken, assigned]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});
