import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AdapterError, codeOf, wrapNodeError } from "../libc/index.ts";
import type { Trees } from "./detect.ts";
import { childrenOf, isAbsent, readIfPresent } from "./files.ts";

const limits = { killMs: 5_000, firstPauseMs: 1, longestPauseMs: 50 };

/** Kills every process in a cgroup and below it, and waits until they are gone. */
export async function killAll(trees: Trees, path: string): Promise<void> {
  const deadline = performance.now() + limits.killMs;
  for (let pauseMs = limits.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, limits.longestPauseMs)) {
    const pids = await processesIn(trees, path);
    if (pids.length === 0) return;
    if (performance.now() > deadline) {
      throw new AdapterError(`kill cgroup ${path}`, "ETIMEDOUT", `${pids.length} processes do not end`);
    }
    await killOnce(trees, path, pids);
    await delay(pauseMs);
  }
}

/** The processes in a cgroup and below it. A v1 process can be in some trees only, so all are asked. */
export async function processesIn(trees: Trees, path: string): Promise<number[]> {
  const lists = await Promise.all(trees.all.map((tree) => pidsBelow(join(tree, path))));
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}

async function pidsBelow(folder: string): Promise<number[]> {
  const own =
    (await readIfPresent(join(folder, "cgroup.procs")))?.split("\n").filter(Boolean).map(Number) ?? [];
  const below = await Promise.all((await childrenOf(folder)).map((child) => pidsBelow(join(folder, child))));
  return [...own, ...below.flat()];
}

/** cgroup.kill (Linux 5.14) does it in one step; elsewhere by signals, frozen where v1 can, so that none forks away. */
async function killOnce(trees: Trees, path: string, pids: readonly number[]): Promise<void> {
  if (trees.version === "v2" && (await write(join(trees.all[0] ?? "", path, "cgroup.kill"), "1"))) return;
  const freezer = trees.version === "v1" ? trees.of("freezer") : undefined;
  const state = freezer && join(freezer, path, "freezer.state");
  if (state === undefined || !(await write(state, "FROZEN"))) return pids.forEach(kill);
  try {
    (await processesIn(trees, path)).forEach(kill);
  } finally {
    await write(state, "THAWED");
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw wrapNodeError(`kill process ${pid}`, error);
  }
}

/** False when there is no such file. */
async function write(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: "r+" });
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw wrapNodeError(`write ${file}`, error);
  }
}
