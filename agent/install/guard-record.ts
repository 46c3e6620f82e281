import { readFileSync, statfsSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { AgentPaths } from "../../contract/index.ts";
import { isRunning, type ProcessId } from "./process-id.ts";

const nsfsMagic = 0x6e736673;

const recordSchema = z.object({
  pid: z.int(),
  startTime: z.int(),
  agentPid: z.int().nullable(),
  agentStartTime: z.int().nullable(),
  crashes: z.int(),
  cgroupMode: z.enum(["v2", "v1", "private-v1"]),
  mountNamespace: z.string().nullable(),
  handsOver: z.boolean().default(false),
  fences: z.boolean().default(false),
  handOver: z
    .object({ id: z.string(), state: z.enum(["trying", "done", "reverted"]), reason: z.string().default("") })
    .optional(),
});

/** What the guard says about itself in guard.json. */
export interface GuardRecord {
  readonly guard: ProcessId;
  readonly agent: ProcessId | undefined;
  /** How many agents in a row ended within seconds of their start. */
  readonly crashes: number;
  readonly cgroupMode: "v2" | "v1" | "private-v1";
  /** The pinned mount namespace that the agent runs in; undefined: the machine's own. */
  readonly mountNamespace: string | undefined;
  /** It knows hand-overs; a guard that runs may be older than this program. */
  readonly handsOver: boolean;
  /** It kills instances at their deadlines. */
  readonly fences: boolean;
  /** The last one of this guard. */
  readonly handOver: z.infer<typeof recordSchema>["handOver"];
}

/** Undefined when no guard has run since the last clean stop. */
export function readGuardRecord(paths: AgentPaths): GuardRecord | undefined {
  const parsed = recordSchema.safeParse(readJson(join(paths.runDir, "guard.json")));
  if (!parsed.success) return undefined;
  const {
    pid,
    startTime,
    agentPid,
    agentStartTime,
    crashes,
    cgroupMode,
    mountNamespace,
    handsOver,
    fences,
    handOver,
  } = parsed.data;
  return {
    guard: { pid, startTime },
    agent:
      agentPid === null || agentStartTime === null ? undefined : { pid: agentPid, startTime: agentStartTime },
    crashes,
    cgroupMode,
    mountNamespace: mountNamespace ?? undefined,
    handsOver,
    fences,
    handOver,
  };
}

/** The record of a guard that runs: one that was killed leaves its record behind. */
export function readRunningGuard(paths: AgentPaths): GuardRecord | undefined {
  const record = readGuardRecord(paths);
  return record !== undefined && isRunning(record.guard) ? record : undefined;
}

/** Whether a guard runs that kills instances at their deadlines. */
export const keepsDeadlines = (paths: AgentPaths) => readRunningGuard(paths)?.fences ?? false;

/** The pin of the agent's own mount namespace, also when guard and record are gone; undefined when there is none. */
export function pinOf(paths: AgentPaths): string | undefined {
  const pin = join(paths.runDir, "pins", "mnt");
  try {
    return statfsSync(pin).type === nsfsMagic ? pin : undefined;
  } catch {
    return undefined; // no such file
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // absent, or cut short by a full disk: no record
  }
}
