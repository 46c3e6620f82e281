import { expect, test } from "@jest/globals";
import { type Family, keys, type Put, type Removal, type Store } from "../store/index.ts";
import { createHosts } from "./hosts.ts";

const token = (host: string, spentBy?: string) => ({ host, digest: "", expiresAt: "", by: "", spentBy });

test("with a host goes the token that it has spent, and none that its successor may join by", async () => {
  const records: Record<string, object> = {
    [keys.host("gone")]: { name: "gone", role: "host" },
    [keys.host("stays")]: { name: "stays", role: "host" },
    [keys.token("spent")]: token("gone", "its key"),
    [keys.token("unspent")]: token("gone"),
    [keys.token("other")]: token("stays", "another key"),
  };
  let removed: string[] = [];
  const found = (key: string) => ({ key, record: records[key], modRevision: 1 });
  const store = {
    get: (_: Family, key: string) => (key in records ? found(key) : undefined),
    list: ({ prefix }: Family) =>
      Object.keys(records)
        .filter((key) => key.startsWith(prefix))
        .map(found),
    async commit(writes: readonly Removal[]) {
      removed = writes.map(({ remove }) => remove);
      return 2;
    },
  } as unknown as Store;
  const hosts = createHosts({ store, self: "s1", stateOf: () => "lost" } as unknown as Parameters<
    typeof createHosts
  >[0]);

  await hosts.remove("gone", false);
  expect(removed).toEqual([keys.host("gone"), keys.token("spent")]);
});

test("a host that may still run what is exclusive is given up first, and forgotten once that is over", async () => {
  const exclusive = { id: "db-0-1f3b7a", want: "run" };
  const records = new Map<string, object>([
    [keys.host("gone"), { name: "gone", role: "host" }],
    [keys.placement("gone", 0), { placements: [exclusive, { id: "web-0-2c4d8e", want: "run" }] }],
  ]);
  const found = (key: string) => ({ key, record: records.get(key), modRevision: 1 });
  const store = {
    get: (_: Family, key: string) => (records.has(key) ? found(key) : undefined),
    list: ({ prefix }: Family) => [...records.keys()].filter((key) => key.startsWith(prefix)).map(found),
    async commit(writes: readonly (Put | Removal)[]) {
      for (const write of writes)
        if ("remove" in write) records.delete(write.remove);
        else records.set(write.key, write.record);
      return 2;
    },
  } as unknown as Store;
  let remaining = 13_000;
  const remainingMs = ({ id }: { id: string }) => (id === exclusive.id ? remaining : undefined);
  const ports = { store, self: "s2", stateOf: () => "lost", remainingMs };
  const hosts = createHosts(ports as unknown as Parameters<typeof createHosts>[0]);

  for (let attempt = 0; attempt < 2; attempt++)
    await expect(hosts.remove("gone", true)).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("try again in 13 s"),
    });
  expect(records.get(keys.placement("gone", 0))).toMatchObject({
    placements: [{ ...exclusive, want: "drain", isFenced: true }, { want: "run" }],
  });
  remaining = 0;
  await hosts.remove("gone", true);
  expect([...records.keys()]).toEqual([]);
});
