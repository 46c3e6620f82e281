import { closeSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { codeOf, wrapNodeError } from "../error.ts";
import { loadLibc } from "../functions.ts";
import { openPidfd, signalPidfd } from "./pidfd.ts";
import { isAlive, type ProcessIdentity } from "./start-time.ts";

/** `gone`: the process had ended already; nobody else was signalled in its place. */
export type SignalOutcome = "sent" | "gone";

/** Processes that need not be children of the agent: an instance's first process, its monitor, an adopted daemon. */
export interface Processes {
  /** Throws EPERM where the process may not be signalled. */
  signal(process: ProcessIdentity, signal: NodeJS.Signals): Promise<SignalOutcome>;
  /** Settles once the process has ended, at once if it has already. Rejects with the signal's reason when aborted. */
  waitForEnd(process: ProcessIdentity, signal: AbortSignal): Promise<void>;
}

/** Exact by pidfd: the identity is checked after the descriptor is open, so the pid cannot change hands in between. */
export function createProcesses(): Processes {
  const libc = loadLibc();
  return {
    async signal(process, signal) {
      const pidfd = await openIfAlive(process);
      if (pidfd === undefined) return "gone";
      try {
        signalPidfd(libc, pidfd, constants.signals[signal]);
        return "sent";
      } catch (error) {
        if (codeOf(error) === "ESRCH") return "gone";
        throw error;
      } finally {
        closeSync(pidfd);
      }
    },
    async waitForEnd(process, signal) {
      signal.throwIfAborted();
      const pidfd = await openIfAlive(process);
      if (pidfd === undefined) return;
      try {
        await untilReadable(pidfd, signal);
      } finally {
        closeSync(pidfd);
      }
    },
  };

  async function openIfAlive(process: ProcessIdentity): Promise<number | undefined> {
    const pidfd = openUnlessGone(process.pid);
    if (pidfd === undefined || (await isAlive(process))) return pidfd;
    closeSync(pidfd);
    return undefined;
  }

  function openUnlessGone(pid: number): number | undefined {
    try {
      return openPidfd(libc, pid);
    } catch (error) {
      if (codeOf(error) === "ESRCH") return undefined;
      throw error;
    }
  }

  function untilReadable(fd: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        stop();
        reject(signal.reason);
      };
      const stop = libc.onceReadable(fd, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }
}

/** The twin without libc: checks the identity, then signals by pid, with a window of microseconds between; waits by asking. */
export function createNodeProcesses(pollMs = 50): Processes {
  return {
    async signal(target, signal) {
      if (!(await isAlive(target))) return "gone";
      try {
        process.kill(target.pid, signal);
        return "sent";
      } catch (error) {
        if (codeOf(error) === "ESRCH") return "gone";
        throw wrapNodeError(`send ${signal} to process ${target.pid}`, error);
      }
    },
    async waitForEnd(target, signal) {
      while (await isAlive(target)) await delay(pollMs, undefined, { signal });
    },
  };
}
