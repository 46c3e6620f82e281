import { agentPaths } from "../../contract/index.ts";
import { type GuardRecord, readGuardRecord } from "./guard-record.ts";
import { isRunning, type ProcessId } from "./process-id.ts";
import { askInfo } from "./socket.ts";

export interface Status {
  readonly id: string;
  /** Pids; undefined when it does not run. */
  readonly guard: number | undefined;
  readonly agent: number | undefined;
  readonly cgroupMode: GuardRecord["cgroupMode"] | undefined;
  readonly mountNamespace: string | undefined;
  /** The answer to GET /v1/info; undefined when nobody answers. */
  readonly info: unknown;
}

/** How the agent of this root is; works whether it runs or not. */
export async function status({ root }: { root?: string } = {}): Promise<Status> {
  const paths = agentPaths(root);
  const record = readGuardRecord(paths);
  return {
    id: paths.id,
    guard: pidIfRunning(record?.guard),
    agent: pidIfRunning(record?.agent),
    cgroupMode: record?.cgroupMode,
    mountNamespace: record?.mountNamespace,
    info: await askInfo(paths.socket),
  };
}

function pidIfRunning(id: ProcessId | undefined): number | undefined {
  return id !== undefined && isRunning(id) ? id.pid : undefined;
}
