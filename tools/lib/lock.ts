import { open, readFile, rm } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

const waitLimitMs = 10 * 60_000;
const retryMs = 200;

/** Runs `work` while no other process of this machine holds the lock file; one left by a dead process is taken over. */
export async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + waitLimitMs;
  while (!(await tryLock(path))) {
    if (Date.now() > deadline)
      throw new Error(`lock ${path}: held for over ${waitLimitMs / 60_000} minutes; remove it`);
    await wait(retryMs);
  }
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const holder = Number(await readFile(path, "utf8").catch(() => ""));
    if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
