import { closeSync, mkdirSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { boundFile } from "../../lib/bound-file.ts";
import {
  AdapterError,
  findProcesses,
  type Processes,
  type ProcessIdentity,
  type Spawner,
} from "../libc/index.ts";

const limits = {
  /** From the start of a tunnel until it can be set up. */
  startMs: 5_000,
  pauseMs: 10,
  /** A tunnel that was started less than this ago and has ended is not started again at once. */
  settleMs: 1_000,
  logBytes: 1024 * 1024,
};

const name = "wireguard-go";

export interface UserspaceOptions {
  readonly device: string;
  readonly logFile: string;
  readonly spawner: Spawner;
  readonly processes: Processes;
  /** Where wireguard-go is; throws where it is nowhere. Asked for only where the kernel has no WireGuard. */
  readonly findProgram: () => string;
  /** Called when the process has ended, whoever ended it; its device is gone with it. */
  readonly onEnd: () => void;
  /** Told in words, with the process's pid. */
  readonly onChange: (message: "adopted" | "started", pid: number) => void;
  /** Ends the watch over the process, never the process. */
  readonly signal: AbortSignal;
}

/** The process of a tunnel where the kernel has none: it holds the device, and outlives the agent. */
export interface Userspace {
  /** Starts it, and waits until it can be set up. Throws AdapterError: EEXIT, EAGAIN (it ended, just now), ETIMEDOUT. */
  start(isReady: () => Promise<boolean>): Promise<void>;
  /** Watches the one that is there, if there is one. */
  adopt(): void;
}

export function createUserspace(options: UserspaceOptions): Userspace {
  const { device, logFile, spawner } = options;
  let known: ProcessIdentity | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;

  return {
    async start(isReady) {
      if (performance.now() - startedAt < limits.settleMs)
        throw new AdapterError(`start ${name}`, "EAGAIN", `it ended right after its start; see ${logFile}`);
      startedAt = performance.now();
      mkdirSync(dirname(logFile), { recursive: true });
      boundFile(logFile, limits.logBytes); // It appends, so the log can be emptied under it.
      const log = openSync(logFile, "a", 0o600);
      try {
        const { exited } = await spawner.spawn({
          argv: [options.findProgram(), "--foreground", device],
          fds: { 1: log, 2: log },
          session: "own",
        });
        let hasEnded = false;
        void exited.then(() => (hasEnded = true));
        const deadline = performance.now() + limits.startMs;
        while (!(await isReady())) {
          if (hasEnded) throw new AdapterError(`start ${name}`, "EEXIT", `it has ended; see ${logFile}`);
          if (performance.now() > deadline)
            throw new AdapterError(`start ${name}`, "ETIMEDOUT", `see ${logFile}`);
          await delay(limits.pauseMs);
        }
      } finally {
        closeSync(log);
      }
      watch("started");
    },
    adopt: () => watch("adopted"),
  };

  function watch(message: "adopted" | "started"): void {
    if (known !== undefined) return;
    const [found] = findProcesses((argv) => basename(argv[0] ?? "") === name && argv.at(-1) === device);
    if (found === undefined) return;
    known = found;
    options.onChange(message, found.pid);
    const forget = () => {
      known = undefined;
    };
    options.processes.waitForEnd(found, options.signal).then(() => {
      forget();
      options.onEnd();
    }, forget); // The agent stops, and the tunnel stays.
  }
}
