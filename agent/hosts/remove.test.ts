import { expect, test } from "@jest/globals";
import { type Family, keys, type Removal, type Store } from "../store/index.ts";
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
