import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { connectKeyValues, superviseMember } from "../../agent/adapters/etcd/index.ts";
import {
  createProcesses,
  findProcesses,
  readBootClock,
  readStartTime,
  readUnixPeer,
} from "../../agent/adapters/libc/index.ts";
import { createPortProbe } from "../../agent/adapters/procnet/index.ts";
import type { RegistryAccess } from "../../agent/images/index.ts";
import { type Server, type ServerOptions, startServer } from "../../agent/serving/index.ts";
import {
  agentPaths,
  type Client,
  ConstellationError,
  connect,
  type Digest,
  formatReference,
} from "../../contract/index.ts";
import { pinnedTools } from "../../tools/lib/places.mjs";
import { createFakeHost, type FakeHost } from "./fake-host.ts";

/** The images the control tests may name: digests of one letter, 64 times. */
export const imageDigest = (letter: string): Digest => `sha256:${letter.repeat(64)}`;

/** A registry that only pretends, and what is stored here of it. */
export interface FakeRegistry {
  /** What references name now, or why they cannot be resolved; one that is not in it is unknown. */
  readonly answers: Map<string, Digest | ConstellationError>;
  /** Each question: the reference and the credentials that were sent with it. */
  readonly asked: { readonly reference: string; readonly access: RegistryAccess }[];
}

export interface TestAgent {
  readonly client: Client;
  readonly host: FakeHost;
  readonly registry: FakeRegistry;
  readonly socket: string;
  readonly stateDir: string;
  readonly etcdPid: () => number;
  /** Ends the server half as a crash would and starts it again; etcd stays. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A real etcd and the real server half in a temporary folder, with a host half that only pretends. */
export async function startAgent({ quotaBytes }: { quotaBytes?: number } = {}): Promise<TestAgent> {
  const root = mkdtempSync(join(tmpdir(), "cst-"));
  const paths = agentPaths(root);
  const log = pino({ level: process.env.CONSTELLATION_LOG ?? "silent" });
  const member = superviseMember({
    program: join(pinnedTools, "etcd"),
    dataDir: join(paths.stateDir, "etcd"),
    runDir: join(paths.runDir, "etcd"),
    logFile: join(root, "etcd.log"),
    ...(quotaBytes !== undefined && { quotaBytes }),
    processes: { ...createProcesses(), startTimeOf: readStartTime },
    onChange: (message, fields) => log.info(fields, message),
  });
  const host = createFakeHost("vm");
  const registry: FakeRegistry = { answers: new Map(), asked: [] };
  let stop = async () => {};

  const start = async () => {
    const ending = new AbortController();
    const keyValues = connectKeyValues(member.socket, member.trouble);
    const server = await opened(() =>
      startServer({
        paths,
        hostName: "vm",
        version: "0.0.0",
        keyValues,
        servers: { ...keyValues.members, openToPeers: async () => undefined },
        portProbe: createPortProbe(),
        bootClock: readBootClock,
        isDiskFull: () => false,
        onHeard() {},
        localRanges: () => [],
        readPeer: readUnixPeer,
        images: fakeImages(registry),
        log,
        signal: ending.signal,
      }),
    );
    const hosting = host.run(server.session, ending.signal);
    const api = await server.listen({
      access: host.access,
      stats: async () => ({ at: new Date().toISOString(), hosts: [], items: [] }),
    });
    stop = async () => {
      ending.abort();
      await api.close();
      await Promise.all([hosting, server.running]);
      keyValues.close();
    };
  };

  await start();
  return {
    client: connect({ socket: paths.socket }),
    host,
    registry,
    socket: paths.socket,
    stateDir: paths.stateDir,
    etcdPid: () =>
      findProcesses((argv) => argv.includes(`--data-dir=${join(paths.stateDir, "etcd")}`))[0]?.pid ?? 0,
    async restart() {
      await stop();
      await start();
    },
    async close() {
      await stop();
      await member.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function fakeImages({ answers, asked }: FakeRegistry): ServerOptions["images"] {
  const isHere = (digest: string) => digest === imageDigest("a") || digest === imageDigest("b");
  return {
    async locate(reference, access) {
      const name = formatReference(reference);
      asked.push({ reference: name, access });
      const answer = answers.get(name);
      if (typeof answer === "string") return answer;
      throw answer ?? new ConstellationError("image-missing", `find image ${name}: no such tag; check it`);
    },
    blobsOf: async () => new Set(),
    missingBlobs: async (digests) => [...digests],
    putBlob: async (_digest, content) => void content.resume(),
    bring: async () => undefined,
    openBlob: async (digest) => {
      throw new ConstellationError("image-missing", `open ${digest}: it is not here`);
    },
    hasImage: async (digest) => isHere(digest),
    async requireImage(digest) {
      if (isHere(digest)) return;
      throw new ConstellationError("image-missing", `run ${digest}: it is not here; upload it`);
    },
  };
}

/** etcd serves some hundred milliseconds after its start. */
async function opened(open: () => Promise<Server>): Promise<Server> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const starting =
        error instanceof ConstellationError && error.code === "unreachable" && performance.now() < deadline;
      if (!starting) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
