import { existsSync } from "node:fs";
import { join } from "node:path";
import { type AgentPaths, agentPaths } from "../../contract/index.ts";
import { markerName } from "./folders.ts";
import { type GuardRecord, readGuardRecord } from "./guard-record.ts";
import { type Trouble, trouble } from "./health.ts";
import { type OwnProcess, ownProgramsOf } from "./own-processes.ts";
import { isRunning, type ProcessId, processId, readText } from "./process-id.ts";
import { askAgent } from "./socket.ts";

/** A process that keeps an agent's machine going. */
export interface Supervised {
  readonly name: "guard" | "agent" | "etcd" | "dnsmasq" | "wireguard-go";
  /** Absent: it does not run. */
  readonly pid?: number;
  /** Since its start, in whole seconds. */
  readonly upSeconds?: number;
  readonly residentBytes?: number;
}

export interface Status {
  readonly id: string;
  readonly stateDir: string;
  readonly runDir: string;
  /** Pids; undefined when it does not run. */
  readonly guard: number | undefined;
  readonly agent: number | undefined;
  readonly cgroupMode: GuardRecord["cgroupMode"] | undefined;
  readonly mountNamespace: string | undefined;
  /** The answer to GET /v1/info; undefined when nobody answers. */
  readonly info: unknown;
  /** All that must run but for instances. */
  readonly processes: readonly Supervised[];
  /** Monitors of instances: one each. */
  readonly monitors: number;
  /** What is wrong, and what to do; undefined when all is well. */
  readonly trouble: Trouble | undefined;
}

/** After this an agent's earlier ends say nothing any more. */
const settledSeconds = 20;

/** How the agent of this root is; works whether it runs or not. */
export async function status({ root }: { root?: string } = {}): Promise<Status> {
  const paths = agentPaths(root);
  const record = readGuardRecord(paths);
  const answer = await askAgent(paths.socket);
  const info = answer?.kind === "info" ? answer.info : undefined;
  const programs = ownProgramsOf(paths);
  const guard = pidIfRunning(record?.guard);
  const agent = pidIfRunning(record?.agent);
  const keepsState = !existsSync(join(paths.stateDir, "membership.json"));
  return {
    id: paths.id,
    stateDir: paths.stateDir,
    runDir: paths.runDir,
    guard,
    agent,
    cgroupMode: record?.cgroupMode,
    mountNamespace: record?.mountNamespace,
    info,
    processes: [
      supervised("guard", guard),
      supervised("agent", agent ?? pidOf(info)),
      ...(keepsState ? [supervised("etcd", pidNamed(programs, "etcd"))] : []),
      supervised("dnsmasq", pidNamed(programs, "dnsmasq")),
      // Only where there are other hosts, and the kernel has no WireGuard.
      ...programs
        .filter(({ name }) => name === "wireguard-go")
        .map(({ pid }) => supervised("wireguard-go", pid)),
    ],
    monitors: programs.filter(({ name }) => name === "conmon").length,
    trouble: trouble({
      isRoot: process.getuid?.() === 0,
      isInstalled: isInstalled(paths),
      // Without a record and with an answer: somebody runs it without a guard, and means it.
      guard: guard !== undefined || (record === undefined && info !== undefined),
      agent: agent !== undefined || info !== undefined,
      crashes: (supervised("agent", agent).upSeconds ?? 0) >= settledSeconds ? 0 : (record?.crashes ?? 0),
      answers: info !== undefined,
      refusal: answer?.kind === "unready" ? answer.reason : undefined,
      store: !keepsState || pidNamed(programs, "etcd") !== undefined,
      names: pidNamed(programs, "dnsmasq") !== undefined,
      hasCluster: (info as { clusterId?: unknown } | undefined)?.clusterId != null,
      unheard: unheardOf(info),
      unreadable: unreadableOf(info),
      stateDir: paths.stateDir,
    }),
  };
}

/** The guard of a machine that was switched off left no record, only what it started. */
function isInstalled({ stateDir }: AgentPaths): boolean {
  return existsSync(join(stateDir, markerName));
}

function pidIfRunning(id: ProcessId | undefined): number | undefined {
  return id !== undefined && isRunning(id) ? id.pid : undefined;
}

function pidNamed(programs: readonly OwnProcess[], wanted: string): number | undefined {
  return programs.find(({ name }) => name === wanted)?.pid;
}

function unreadableOf(info: unknown): string[] {
  const { unreadable } = (info ?? {}) as { unreadable?: unknown };
  return Array.isArray(unreadable) ? unreadable.map(String) : [];
}

function unheardOf(info: unknown): string | undefined {
  const { unheard } = (info ?? {}) as { unheard?: unknown };
  return unheard === undefined ? undefined : String(unheard);
}

function pidOf(info: unknown): number | undefined {
  const pid = (info as { pid?: unknown } | undefined)?.pid;
  return typeof pid === "number" ? pid : undefined;
}

/** Start times count in hundredths of a second on every Linux (USER_HZ). */
const ticksPerSecond = 100;

function supervised(name: Supervised["name"], pid: number | undefined): Supervised {
  const id = pid === undefined ? undefined : processId(pid);
  if (id === undefined) return { name };
  const uptime = Number.parseFloat(readText("/proc/uptime"));
  const [, residentKiB = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${id.pid}/status`)) ?? [];
  return {
    name,
    pid: id.pid,
    upSeconds: Math.max(0, Math.floor(uptime - id.startTime / ticksPerSecond)),
    residentBytes: Number(residentKiB) * 1_024,
  };
}
