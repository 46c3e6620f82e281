import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentPaths, agentPaths, ConstellationError, limits } from "../../contract/index.ts";
import {
  type Connection,
  connectKeyValues,
  endMember,
  memberSocket,
  superviseMember,
} from "../adapters/etcd/index.ts";
import { createProcesses, readStartTime } from "../adapters/libc/index.ts";
import type { BackupMachine, Target } from "../backup/index.ts";
import { type Credentials, readCredentials } from "../identity/index.ts";
import { claimFolders, halt, preflight, sayFindings } from "../install/index.ts";
import { findProgram } from "../lib/find-program.ts";
import { peeringOf } from "../peers.ts";
import { look as lookAtMembers, peeringRecord } from "../servers/index.ts";
import { type Entry, families, type KeyValues, readPages } from "../store/index.ts";

/** In milliseconds. */
const bounds = {
  /** A new store, from its start to its first answer. */
  storeStartMs: 60_000,
  storePauseMs: 50,
  readMs: 60_000,
} as const;

type Records = Parameters<BackupMachine["fillStore"]>[1];

/** This machine's store and agent from outside of the agent, for backup and restore; wires the adapters they need. */
export function createMachine(root: string | undefined, start: () => Promise<unknown>): BackupMachine {
  const paths = agentPaths(root);
  const withRoot = root === undefined ? {} : { root };
  const runDir = join(paths.runDir, "etcd");
  return {
    stateDir: paths.stateDir,
    readRecords: () => reading(runDir, readAll).catch(sayHowToFind),
    look: () => look(paths, runDir),
    async prepare() {
      const refusals = (await preflight(withRoot)).filter(({ severity }) => severity === "refusal");
      if (refusals.length > 0)
        throw new ConstellationError("host-unfit", `restore backup: ${sayFindings(refusals).trim()}`);
      claimFolders(paths);
    },
    fillStore: (folder, records) => fillStore(paths, folder, records),
    async halt() {
      await halt(withRoot);
      await endMember({ runDir, processes: processPort() });
      // What comes in its place is alone, of whichever cluster it is.
      peeringRecord.forget(paths.stateDir);
    },
    async start() {
      await start();
    },
  };
}

/** A server's store, from outside of the agent, where other servers are gone for good. */
export function createStoreRecovery(root: string | undefined) {
  const { stateDir, runDir } = agentPaths(root);
  const processes = processPort();
  const own = { runDir: join(runDir, "etcd"), processes };
  const credentials = () => readCredentials(stateDir);
  return {
    /** The members, and how the own one stands. */
    look: async () =>
      await reading(
        own.runDir,
        async ({ members }) => ({ seen: await lookAtMembers(members), standing: await members.status() }),
        credentials,
      ).catch(sayHowToFind),

    /** Ends guard, agent and store; the store is the only one once the agent starts again. */
    async becomeOnly() {
      await halt(root === undefined ? {} : { root });
      await endMember(own);
      const member = superviseMember({
        ...own,
        program: findProgram(["etcd"], process.env),
        dataDir: join(stateDir, "etcd"),
        logFile: join(stateDir, "etcd.log"),
        peering: () => peeringOf(stateDir),
        forgetsPeers: true,
        onChange: () => undefined,
      });
      try {
        await reading(own.runDir, async (store) => {
          await untilAnswered(store);
          await forgetLeader(store);
        });
      } finally {
        await member.stop();
      }
    },
  };
}

/** The state may be behind what hosts were told: their next assignments are of another lineage, which a new leader begins. */
async function forgetLeader(store: KeyValues): Promise<void> {
  const { entries } = await store.range(families.leader.prefix, { limit: 10 });
  const compares = entries.map(({ key, modRevision }) => ({ key, modRevision }));
  await store.commit({ compares, writes: entries.map(({ key }) => ({ remove: key })) });
}

function processPort() {
  return { ...createProcesses(), startTimeOf: readStartTime };
}

async function reading<T>(
  runDir: string,
  read: (store: Connection) => Promise<T>,
  credentials?: () => Credentials | undefined,
): Promise<T> {
  const connection = connectKeyValues(memberSocket(runDir), undefined, credentials);
  try {
    return await read(connection);
  } finally {
    connection.close();
  }
}

/** From outside of the agent nobody knows whether it restarts its store, or ever started one. */
function sayHowToFind(error: unknown): never {
  if (!(error instanceof ConstellationError) || error.code !== "unreachable") throw error;
  throw new ConstellationError(
    error.code,
    "read the store: it does not answer; run this as root, and see what constellation-agent status says",
    { cause: error },
  );
}

async function readAll(store: KeyValues) {
  const records: Entry[] = [];
  let storeRevision = 0;
  for await (const page of readPages(store, AbortSignal.timeout(bounds.readMs))) {
    records.push(...page.entries);
    storeRevision = page.revision;
  }
  return { storeRevision, records: records.map(({ key, value }) => ({ key, value })) };
}

async function look({ stateDir }: AgentPaths, runDir: string): Promise<Target> {
  const folder = join(stateDir, "etcd");
  if (!existsSync(join(folder, "member"))) return { kind: "empty" };
  try {
    const { records, others } = await reading(runDir, async (store) => ({
      ...(await readAll(store)),
      others: (await lookAtMembers(store.members)).filter(({ isOwn }) => !isOwn),
    }));
    const record = records.find(({ key }) => key === "cluster");
    if (record === undefined) return { kind: "empty" };
    const { id, name } = JSON.parse(record.value) as { id: string; name: string };
    const documents = records.filter(({ key }) => key.startsWith("desired/")).length;
    const servers = others.map((member) => member.name ?? member.address ?? member.id).sort();
    return { kind: "cluster", id, name, documents, ...(servers.length > 0 && { otherServers: servers }) };
  } catch (error) {
    if (error instanceof ConstellationError && error.code === "unreachable")
      return { kind: "silent", folder, isOneOfSeveral: peeringRecord.read(stateDir) !== undefined };
    throw error;
  }
}

/** A member of its own beside the cluster's: it is read back before its process ends. */
async function fillStore({ stateDir, runDir }: AgentPaths, folder: string, records: Records): Promise<void> {
  const processes = processPort();
  const options = { runDir: join(runDir, "fill"), processes };
  await endMember(options); // of an earlier try that was killed
  const member = superviseMember({
    ...options,
    program: findProgram(["etcd"], process.env),
    dataDir: folder,
    logFile: join(stateDir, "etcd.log"),
    onChange: () => undefined,
  });
  try {
    const written = await reading(options.runDir, async (store) => {
      await untilAnswered(store);
      for (const batch of batches(records)) await write(store, batch);
      return (await readAll(store)).records;
    });
    if (JSON.stringify(written) !== JSON.stringify(records))
      throw new ConstellationError(
        "bug",
        "restore backup: the new store does not hold what was written to it",
      );
  } finally {
    await member.stop();
    rmSync(options.runDir, { recursive: true, force: true });
  }
}

async function write(store: KeyValues, batch: Records): Promise<void> {
  const { succeeded } = await store.commit({
    compares: batch.map(({ key }) => ({ key, modRevision: 0 })),
    writes: batch.map(({ key, value }) => ({ put: key, value })),
  });
  if (!succeeded) throw new ConstellationError("bug", "restore backup: a key stands in it twice");
}

/** In order, each within the store's bounds for one transaction. */
function batches(records: Records): Records[] {
  const found: Records[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
    const last = found.at(-1);
    if (last && last.length < limits.transactionOperations && bytes + size <= limits.transactionBytes) {
      last.push(record);
      bytes += size;
    } else {
      found.push([record]);
      bytes = size;
    }
  }
  return found;
}

async function untilAnswered(store: KeyValues): Promise<void> {
  for (const deadline = performance.now() + bounds.storeStartMs; ; await delay(bounds.storePauseMs)) {
    try {
      await store.range("", { limit: 1 });
      return;
    } catch (error) {
      const waits = error instanceof ConstellationError && error.code === "unreachable";
      if (!waits || performance.now() > deadline) throw error;
    }
  }
}
