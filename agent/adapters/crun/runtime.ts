import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants as osConstants } from "node:os";
import { join } from "node:path";
import type { Container, Runtime } from "../../instances/index.ts";
import { AdapterError, type Mounts, type Processes, type Run, type Spawner } from "../libc/index.ts";
import { endByCgroups } from "./cgroups.ts";
import { runningCommand } from "./command.ts";
import { type MachineFacts, ociConfig, serialize, sharesOf, wantedProfile } from "./config.ts";
import { watchFolder } from "./ends.ts";
import { startCommand } from "./exec.ts";
import { startFailure } from "./failure.ts";
import { exists } from "./files.ts";
import { createCompiledFilters } from "./filters.ts";
import { type RuntimePaths, runtimePaths } from "./layout.ts";
import { monitorEnd, type Programs, startMonitor } from "./monitor.ts";
import { createCgroupMoves } from "./moves.ts";
import { createGuardedProgram } from "./program.ts";
import { createLooks, readProcess } from "./status.ts";
import { createStartWeights } from "./weights.ts";

export interface RuntimeOptions {
  /** A folder in memory, open to root alone: configs hold the secrets of environments. Gone after a reboot. */
  readonly folder: string;
  readonly programs: { readonly crun: string; readonly conmon: string };
  readonly facts: MachineFacts;
}

export interface RuntimePorts {
  readonly spawner: Spawner;
  readonly run: Run;
  readonly processes: Processes;
  readonly mounts: Pick<Mounts, "bind" | "unmount">;
}

const cgroupMounts = "/sys/fs/cgroup";
const runtimeLimits = { toolMs: 20_000 };

/** The container runtime on conmon and crun. Makes its folders. */
export function createRuntime(options: RuntimeOptions, ports: RuntimePorts): Runtime {
  const { facts } = options;
  const paths = runtimePaths(options.folder);
  const programs: Programs = {
    ...options.programs,
    crun: createGuardedProgram(options.programs.crun, paths.program, ports.mounts),
  };
  for (const folder of [paths.state, paths.exits, paths.bundles])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const filters = createCompiledFilters(paths);
  const moves = createCgroupMoves(cgroupMounts);
  const looks = createLooks(paths);
  const weights = createStartWeights(paths, facts, cgroupMounts);
  const crunCommand = async () => ({
    argv: [await programs.crun.path(), `--root=${paths.state}`] as const,
    env: programs.crun.environment,
  });
  const crun = async (...args: string[]) => {
    const { argv, env } = await crunCommand();
    return await ports.run([...argv, ...args], { env, timeoutMs: runtimeLimits.toolMs });
  };

  return {
    expectStart: moves.ready,

    async prepare(id, log) {
      const monitor = await startMonitor(ports.spawner, programs, paths, id, log);
      return {
        async start(container, mayRun) {
          const profile = wantedProfile(container, facts);
          const filter = profile && filters.find(profile);
          writeBundle(paths, container, serialize(ociConfig(container, facts, filter)));
          weights.note(id, sharesOf(container));
          await monitor.create();
          const process = readProcess(paths, id);
          if (process === undefined) throw startFailure(`no status of ${id} after its creation`);
          mayRun();
          if (!letGo(paths, id)) expectStarted(await crun("start", id));
          weights.settle(id);
          if (filter && filter.bpf === undefined) filters.keep(filter.profile, id);
          return process;
        },
        dismiss: monitor.dismiss,
      };
    },

    look: looks.look,

    async ended() {
      return readdirSync(paths.exits).filter((name) => !name.startsWith("."));
    },

    async signal(id, signal) {
      const process = readProcess(paths, id);
      if (!process) return;
      if (signal in osConstants.signals) await ports.processes.signal(process, signal as NodeJS.Signals);
      else await crun("kill", id, realTimeSignal(signal)); // Gone already is fine: the caller looks again.
    },

    async remove(id) {
      looks.forget(id);
      if (exists(join(paths.state, id))) {
        const { code, stderr } = await crun("delete", "--force", id);
        if (code !== 0 && exists(join(paths.state, id))) {
          // A process that does not end is crun's to tell; notes that crun cannot read are not.
          if (readProcess(paths, id) !== undefined)
            throw new AdapterError(`delete container ${id}`, "EEXIT", stderr.trim() || `exit code ${code}`);
          await endByCgroups(cgroupMounts, join(facts.cgroupParent, id));
          rmSync(join(paths.state, id), { recursive: true, force: true });
        }
      }
      await monitorEnd(paths, id);
      rmSync(paths.bundle(id), { recursive: true, force: true });
      rmSync(join(paths.exits, id), { force: true });
    },

    async list() {
      return [...new Set([...readdirSync(paths.state), ...readdirSync(paths.bundles)])].sort();
    },

    onEnd: (callback, onDeaf, signal) => void watchFolder(paths.exits, callback, onDeaf, signal),

    async exec(id, request) {
      return runningCommand(await startCommand(await crunCommand(), paths, id, request, "pipes", ports));
    },

    async runInside(id, argv, signal) {
      const command = await startCommand(await crunCommand(), paths, id, { argv }, "null", ports);
      signal.addEventListener("abort", command.end, { once: true });
      if (signal.aborted) command.end();
      const code = await command.exit;
      signal.removeEventListener("abort", command.end);
      signal.throwIfAborted();
      return code;
    },
  };
}

function writeBundle(paths: RuntimePaths, { id }: Container, config: string): void {
  const bundle = paths.bundle(id);
  mkdirSync(bundle, { recursive: true, mode: 0o700 });
  writeFileSync(join(bundle, "config.json"), config, { mode: 0o600 });
}

/**
 * Does what `crun start` does, without a process: writes a byte to the pipe that the container's init reads from, and
 * removes it. The pipe is crun's own affair, so anything unexpected is false, and the caller runs `crun start`.
 */
function letGo(paths: RuntimePaths, id: string): boolean {
  const pipe = join(paths.state, id, "exec.fifo");
  try {
    const file = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    try {
      writeSync(file, "\0");
    } finally {
      closeSync(file);
    }
    unlinkSync(pipe);
    return true;
  } catch {
    return false; // Whatever the reason, `crun start` will do it or say why not.
  }
}

function expectStarted({ code, stderr }: { readonly code: number; readonly stderr: string }): void {
  if (code !== 0) throw startFailure(stderr);
}

/** `SIGRTMIN+3` as a number: glibc keeps the first two of the kernel's for itself, so that SIGRTMIN is 34, SIGRTMAX 64. */
function realTimeSignal(name: string): string {
  const [, base, sign, offset = "0"] = /^SIGRT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name) ?? [];
  if (base === undefined) return name;
  return String((base === "MIN" ? 34 : 64) + Number(`${sign ?? "+"}${offset}`));
}
