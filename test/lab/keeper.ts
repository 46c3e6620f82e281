import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Hierarchy } from "./hierarchies.ts";
import { within } from "./run.ts";

/** The process outside a machine that starts it, and removes it once this process lets go of it or dies. */
export interface Keeper {
  /** PID 1 of the machine, as the outside sees it. */
  readonly pid: number;
  hasEnded(): boolean;
  /** Ends the machine, unless it has ended by itself, and waits until nothing is left of it. */
  stop(): Promise<void>;
}

const limits = { startMs: 20_000, stopMs: 20_000, complaintLength: 4_000 };
const script = join(import.meta.dirname, "keeper.sh");

/**
 * Starts a machine that lives in the folder `root` and in the cgroups that `hierarchies` name.
 * @param outlives live on when this process ends; `findKeeper` then finds it again.
 */
export async function startKeeper(
  root: string,
  hostname: string,
  hierarchies: readonly Hierarchy[],
  outlives: boolean,
): Promise<Keeper> {
  const options = [root, hostname, outlives ? tetherOf(root) : ""];
  // In a session of its own: Ctrl-C in a terminal ends this process, and the keeper cleans up after it.
  const child = spawn(script, [...options, ...hierarchies.map(treeArgument)], {
    cwd: "/",
    detached: true,
    stdio: "pipe",
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString("utf8")}`.slice(-limits.complaintLength);
  });
  const closed = once(child, "close").then(() => true);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const stop = async () => {
    if (outlives) await letGo(root);
    else child.stdin.end();
    const isGone = await within(limits.stopMs, closed);
    if (isGone && child.exitCode === 0) return;
    throw new Error(`stop machine: ${root} is not wholly removed: ${complaints.trim() || "still at work"}`);
  };

  const firstLine = once(createInterface({ input: child.stdout }), "line").then(([line]) => String(line));
  const ready = await within(limits.startMs, Promise.race([firstLine, closed.then(() => "")]));
  const pid = Number(/^ready (\d+)$/.exec(ready ?? "")?.[1]);
  if (Number.isNaN(pid)) {
    const silence = hasEnded() ? "PID 1 ended before it was ready" : `not ready after ${limits.startMs} ms`;
    const reason = complaints.trim() || silence;
    await stop().catch(() => {}); // the reason above says more
    throw new Error(`start machine: ${reason}`);
  }
  // A machine that was never stopped keeps this process from ending no longer than necessary.
  child.unref();
  for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
  return { pid, hasEnded, stop };
}

/** A machine that outlives whoever started it, and is still there or not. */
export function findKeeper(root: string, pid: number): Keeper {
  const hasEnded = () => !existsSync(root) || !existsSync(`/proc/${pid}`);
  const stop = async () => {
    await letGo(root);
    const deadline = Date.now() + limits.stopMs;
    while (existsSync(root)) {
      if (Date.now() > deadline)
        throw new Error(`stop machine: ${root} is not wholly removed: still at work`);
      await delay(20);
    }
  };
  return { pid, hasEnded, stop };
}

/** A hierarchy as the scripts take it. */
export function treeArgument({ type, options, mountPoint, directory }: Hierarchy): string {
  return [type, options, mountPoint, directory].join(" ");
}

const tetherOf = (root: string) => join(root, "tether");

/** PID 1 of a machine that outlives its starter waits for a line. */
async function letGo(root: string): Promise<void> {
  if (!existsSync(tetherOf(root))) return;
  const tether = await open(tetherOf(root), constants.O_RDWR | constants.O_NONBLOCK);
  await tether.write("\n");
  await tether.close();
}
