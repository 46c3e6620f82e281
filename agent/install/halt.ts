import { agentPaths } from "../../contract/index.ts";
import { readGuardRecord } from "./guard-record.ts";
import { stopProcess } from "./process-id.ts";
import { run } from "./programs.ts";
import { isSystemd, unitName } from "./systemd.ts";

/** The guard gives the agent 10 s; this is a little more. */
const graceMs = 12_000;

/** Ends guard and agent of this root; what they started goes on, and `up` brings them back. Repeatable. */
export async function halt({ root }: { root?: string } = {}): Promise<void> {
  const paths = agentPaths(root);
  const record = readGuardRecord(paths);
  // A unit that does not exist is fine: the agent was brought up before systemd ran this machine, or not at all.
  if (isSystemd()) await run("systemctl", ["stop", unitName(paths)]).catch(() => undefined);
  // The guard first: it would start its agent again.
  for (const process of [record?.guard, record?.agent]) {
    if (process !== undefined) await stopProcess(process, graceMs);
  }
}
