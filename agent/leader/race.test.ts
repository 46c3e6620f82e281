import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import pino from "pino";
import {
  type ChangeSet,
  type Entry,
  families,
  type KeyValues,
  keys,
  openStore,
  type Transaction,
} from "../store/index.ts";
import { asLeader, followLeadership, type Standing } from "./index.ts";

/** A key-value server in memory, strictly serializable; each reader sees it as late as `lag` lets it. */
function memory() {
  const entries = new Map<string, Entry>();
  const past: ChangeSet[] = [];
  const commits: { readonly transaction: Transaction; readonly epoch: number }[] = [];
  const epoch = () => JSON.parse(entries.get(keys.leader)?.value ?? '{"epoch":0}').epoch as number;

  const commit: KeyValues["commit"] = async (transaction) => {
    const holds = ({ key, modRevision }: Transaction["compares"][number]) =>
      (entries.get(key)?.modRevision ?? 0) === modRevision;
    if (!transaction.compares.every(holds)) return { succeeded: false, revision: past.length };
    commits.push({ transaction, epoch: epoch() });
    const revision = past.length + 1;
    const changes = transaction.writes.map((write) => {
      const key = "put" in write ? write.put : write.remove;
      const before = entries.get(key);
      const now =
        "put" in write
          ? {
              key,
              value: write.value,
              createRevision: before?.createRevision ?? revision,
              modRevision: revision,
            }
          : undefined;
      if (now) entries.set(key, now);
      else entries.delete(key);
      return { key, now, before };
    });
    past.push({ revision, changes });
    return { succeeded: true, revision };
  };
  const reader = (lag: () => number): KeyValues => ({
    commit,
    range: async () => ({ revision: past.length, entries: [...entries.values()], more: false }),
    async *watch(from, signal) {
      for (let at = from; !signal.aborted; ) {
        for (let left = lag(); left > 0; left--) await turn();
        const set = past[at - 1];
        if (set) yield set;
        at += set ? 1 : 0;
        await turn();
      }
    },
  });
  return { commits, reader, commit };
}

const silent = pino({ level: "silent" });
const history = keys.history("default", "Service", "web");

test("of several that believe they lead, the one that took over last can write", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(11), { minLength: 20, maxLength: 60 }), async (steps) => {
      const names = ["a", "b", "c"];
      const server = memory();
      const hosts = names.map((name) => ({
        put: keys.host(name),
        value: JSON.stringify({ v: 1, name, role: "server", cidr: "10.64.0.0/22", addedAt: "" }),
      }));
      await server.commit({ compares: [], writes: hosts });
      const ending = new AbortController();
      const { signal } = ending;
      let lag = 0;
      const standing: Record<string, Standing> = {};
      const agents = await Promise.all(
        names.map(async (self) => {
          const store = await openStore(
            server.reader(() => lag),
            signal,
          );
          const leadership = followLeadership({
            ...{ store, self, now: () => new Date(), log: silent, signal, isReady: () => true },
            standing: async () => standing[self] ?? { isRaftLeader: false, hasQuorum: true },
          });
          return { store, leadership, own: asLeader(store, leadership) };
        }),
      );
      const written: Promise<unknown>[] = [];
      for (const step of steps) {
        const at = step % 3;
        const agent = agents[at];
        const name = names[at] ?? "";
        // Several may be told that they are beside raft's leader.
        if (step < 3) standing[name] = { isRaftLeader: true, hasQuorum: true };
        else if (step < 6) standing[name] = { isRaftLeader: false, hasQuorum: step % 2 === 0 };
        else lag = step % 4;
        if (!agent) continue;
        const epoch = agent.store.get(families.leader, keys.leader)?.record.epoch ?? 0;
        const entry = { serial: epoch, at: "", message: name };
        const was = agent.store.get(families.history, history)?.modRevision;
        const put = { key: history, record: { entries: [entry] }, was };
        written.push(agent.own.commit([put]).catch((error: unknown) => error));
        await turn();
        // A look of its own, in place of 200 ms.
        await agent.store
          .commit([
            { key: keys.host(name), record: hostOf(agent.store, name), was: modOf(agent.store, name) },
          ])
          .catch(() => undefined);
      }
      await Promise.all(written);
      ending.abort();
      await Promise.all(agents.flatMap(({ store, leadership }) => [store.running, leadership.running]));
      const work = server.commits.flatMap(({ transaction, epoch }) =>
        transaction.writes.flatMap((write) =>
          "put" in write && write.put === history
            ? [{ believed: JSON.parse(write.value).entries[0].serial as number, epoch }]
            : [],
        ),
      );
      for (const { believed, epoch } of work) expect(believed).toBe(epoch);
    }),
    { numRuns: 30 },
  );
});

type Opened = Awaited<ReturnType<typeof openStore>>;
const hostOf = (store: Opened, name: string) => store.get(families.host, keys.host(name))?.record ?? {};
const modOf = (store: Opened, name: string) => store.get(families.host, keys.host(name))?.modRevision;
