import { readGuardRecord } from "../guard-record.ts";
import { nameOf, ownProgramsOf, processesInNamespaceOf, serversOf } from "../own-processes.ts";
import { isRunning, type ProcessId, processId, signal, stopProcess } from "../process-id.ts";
import type { CleanupStep } from "../types.ts";
import { cgroupsOf, processesInCgroup, thaw } from "./cgroups.ts";

/** The guard gives the agent 10 s; this is a little more. */
const guardGraceMs = 12_000;
const agentGraceMs = 10_000;

/** The guard takes the agent with it, unless it is killed. */
export const guard: CleanupStep = {
  kind: "guard",
  find: async (paths) => shown(readGuardRecord(paths)?.guard),
  remove: async (item) => await stop(item, guardGraceMs),
};

export const agent: CleanupStep = {
  kind: "agent",
  find: async (paths) => shown(readGuardRecord(paths)?.agent),
  remove: async (item) => await stop(item, agentGraceMs),
};

/** Of instances, of their monitors, and of the servers that outlive the agent. */
export const processes: CleanupStep = {
  kind: "process",
  async find(paths) {
    const inCgroups = cgroupsOf(paths).flatMap(processesInCgroup);
    const others = [ownProgramsOf, serversOf, processesInNamespaceOf].flatMap((look) => look(paths));
    const pids = [...new Set([...inCgroups, ...others.map(({ pid }) => pid)])].filter(
      (pid) => pid !== process.pid,
    );
    return pids.flatMap((pid) => shown(processId(pid)));
  },
  async remove(item, paths) {
    for (const cgroup of cgroupsOf(paths)) thaw(cgroup);
    signal(parse(item), "SIGKILL"); // whether it has ended is seen by the next look
  },
};

/** `1234 (conmon), started at tick 5678` names one process and no later one. */
function shown(id: ProcessId | undefined): string[] {
  if (id === undefined || !isRunning(id)) return [];
  return [`${id.pid} (${nameOf(id.pid)}), started at tick ${id.startTime}`];
}

function parse(item: string): ProcessId {
  return { pid: Number.parseInt(item, 10), startTime: Number(item.slice(item.lastIndexOf(" ") + 1)) };
}

async function stop(item: string, graceMs: number): Promise<void> {
  await stopProcess(parse(item), graceMs);
}
