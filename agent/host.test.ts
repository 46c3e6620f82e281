import { expect, test } from "@jest/globals";
import { runHost } from "./host.ts";
import type { HostInstances } from "./instances/index.ts";
import type { Assignment, HostSession } from "./session/index.ts";

test("a host whose first report fails follows what it is told all the same", async () => {
  const ending = new AbortController();
  const told = [1, 2].map((revision) => ({ revision, services: [] }) as unknown as Assignment);
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
