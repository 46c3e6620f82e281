import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { errnoError } from "../error.ts";
import { type Libc, loadLibc } from "../functions.ts";
import { openPidfd } from "../process/pidfd.ts";
import { decodeExit } from "./exit-status.ts";
import { withFileActions } from "./file-actions.ts";
import { closeAll, openPipe } from "./pipe.ts";
import type { ChildProcess, Exit, Spawner, SpawnRequest } from "./types.ts";

const ATTRIBUTES_BYTES = 512; // sizeof(posix_spawnattr_t) is 336 in glibc; the rest is room.
const SIGNAL_SET_BYTES = 128;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
const WNOHANG = 1;

/**
 * Starts programs by posix_spawnp, which shares the agent's memory until exec instead of copying its page tables:
 * the price is the same at any size of the agent, where Node's own fork stops the event loop for 1 to 17 ms. The caller
 * of posix_spawnp waits until the program executes: that is a thread of the pool, not the event loop's.
 * The end of a child is seen through its pidfd: exact, also for a child that leaves descendants behind (conmon does).
 */
export function createSpawner(): Spawner {
  const libc = loadLibc();
  const attributes = { agent: spawnAttributes(libc, 0), own: spawnAttributes(libc, SETSID) };
  return {
    spawn: (request) => start(libc, request, attributes[request.session ?? "agent"]),
  };
}

async function start(libc: Libc, request: SpawnRequest, attributes: Buffer): Promise<ChildProcess> {
  const ends = openEnds(libc, request.fds ?? {});
  try {
    const pid = await withFileActions(libc, ends.sources, request.cwd, (actions) =>
      posixSpawn(libc, request, actions, attributes),
    );
    const child = reapWhenDone(libc, pid);
    return { pid, ...child, inputs: writables(ends.inputs), outputs: readables(ends.outputs) };
  } catch (error) {
    closeAll([...ends.inputs.values(), ...ends.outputs.values()]);
    throw error;
  } finally {
    closeAll(ends.childEnds);
  }
}

async function posixSpawn(
  libc: Libc,
  { argv, env, cwd, startedBy = "pool" }: SpawnRequest,
  actions: Buffer,
  attributes: Buffer,
): Promise<number> {
  const pid = new Int32Array(1);
  const environment = Object.entries(env ?? process.env).map(([name, value]) => `${name}=${value}`);
  const args = [pid, argv[0], actions, attributes, [...argv, null], [...environment, null]];
  const errno =
    startedBy === "caller" ? libc.posixSpawnp(...args) : (await libc.aside(libc.posixSpawnp, ...args)).result;
  if (errno !== 0) throw errnoError(`start ${argv[0]}`, errno, explain(errno, cwd));
  return pid[0] as number;
}

function explain(errno: number, cwd: string | undefined): string | undefined {
  if (errno === constants.errno.EAGAIN)
    return "no process ids left for the agent; raise its limit (pids.max, TasksMax) or end something";
  return cwd && `working folder ${cwd}`;
}

/** The child cannot be mistaken: its pid stays reserved until waitpid, which only this function calls for it. */
function reapWhenDone(libc: Libc, pid: number): Pick<ChildProcess, "exited" | "kill"> {
  const pidfd = openPidfdOrKill(libc, pid);
  let running = true;
  const exited = new Promise<Exit>((resolve) => {
    libc.onceReadable(pidfd, () => {
      const status = new Int32Array(1);
      libc.waitpid(pid, status, WNOHANG);
      running = false;
      closeSync(pidfd);
      resolve(decodeExit(status[0] as number));
    });
  });
  return { exited, kill: (signal) => void (running && process.kill(pid, constants.signals[signal])) };
}

/** A child that cannot be watched, for want of descriptors, must not run. */
function openPidfdOrKill(libc: Libc, pid: number): number {
  try {
    return openPidfd(libc, pid);
  } catch (error) {
    process.kill(pid, "SIGKILL");
    libc.waitpid(pid, new Int32Array(1), 0);
    throw error;
  }
}

interface Ends {
  readonly sources: Map<number, number | "null">;
  readonly childEnds: number[];
  readonly inputs: Map<number, number>;
  readonly outputs: Map<number, number>;
}

function openEnds(libc: Libc, fds: NonNullable<SpawnRequest["fds"]>): Ends {
  const ends: Ends = { sources: new Map(), childEnds: [], inputs: new Map(), outputs: new Map() };
  try {
    addEnds(libc, ends, fds);
    return ends;
  } catch (error) {
    closeAll([...ends.childEnds, ...ends.inputs.values(), ...ends.outputs.values()]);
    throw error;
  }
}

function addEnds(libc: Libc, ends: Ends, fds: NonNullable<SpawnRequest["fds"]>): void {
  for (const [key, wanted] of Object.entries({ 0: "null", 1: "null", 2: "null", ...fds })) {
    const target = Number(key);
    if (wanted !== "input" && wanted !== "output") {
      ends.sources.set(target, wanted as number | "null");
      continue;
    }
    const { readFd, writeFd } = openPipe(libc);
    const childEnd = wanted === "input" ? readFd : writeFd;
    ends.sources.set(target, childEnd);
    ends.childEnds.push(childEnd);
    if (wanted === "input") ends.inputs.set(target, writeFd);
    else ends.outputs.set(target, readFd);
  }
}

function writables(fds: ReadonlyMap<number, number>): Map<number, Writable> {
  return new Map(
    [...fds].map(([target, fd]) => [target, new Socket({ fd, readable: false, writable: true })]),
  );
}

function readables(fds: ReadonlyMap<number, number>): Map<number, Readable> {
  return new Map(
    [...fds].map(([target, fd]) => [target, new Socket({ fd, readable: true, writable: false })]),
  );
}

/** The child starts with no signal blocked and every signal at its default: Node ignores SIGPIPE, a child should not. */
function spawnAttributes(libc: Libc, extraFlags: number): Buffer {
  const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  libc.attributesInit(attributes);
  libc.attributesSetFlags(attributes, SETSIGDEF | SETSIGMASK | extraFlags);
  libc.attributesSetMask(attributes, Buffer.alloc(SIGNAL_SET_BYTES));
  libc.attributesSetDefault(attributes, Buffer.alloc(SIGNAL_SET_BYTES, 0xff));
  return attributes;
}
