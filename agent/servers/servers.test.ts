import { expect, test } from "@jest/globals";
import { createServers } from "./servers.ts";
import type { StoreMembers } from "./types.ts";

/** Three servers; `fails` ends while what another one has is handed over. */
function createThree(fails?: string) {
  const names = ["one", "two", "three"];
  const done: string[] = [];
  const silent = new Set<string>();
  const members = {
    list: async () => names.map((name) => ({ id: name, name, address: name, isLearner: false })),
    self: async () => "one",
    answers: async (address: string) => !silent.has(address),
    remove: async (id: string) => void done.push(`remove ${id}`),
  } as unknown as StoreMembers;
  const servers = createServers({
    ...{ members, self: "one", leader: () => "one" },
    recorded: () => names.map((name) => ({ name, address: name })),
    async handOver(name) {
      done.push(`hand over ${name}`);
      if (fails !== undefined) silent.add(fails);
    },
    forget: async (name) => void done.push(`forget ${name}`),
  });
  return { servers, done };
}

test("a server hands over what it has before it goes", async () => {
  const { servers, done } = createThree();
  await servers.remove("two");
  expect(done).toEqual(["hand over two", "remove two", "forget two"]);
});

test("it stays where another one has failed by the time that is done", async () => {
  const { servers, done } = createThree("three");
  await expect(servers.remove("two")).rejects.toMatchObject({ code: "taken" });
  expect(done).toEqual(["hand over two"]);
});
