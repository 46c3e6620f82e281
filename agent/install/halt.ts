import { agentPaths } from "../../contract/index.ts";
import { readGuardRecord } from "./guard-record.ts";
import { serviceManagerHere } from "./managers/index.ts";
import { stopProcess } from "./process-id.ts";

/** The guard gives the agent 10 s; this is a little more. */
const graceMs = 12_000;

/** Ends guard and agent of this root; what they started goes on, and `up` brings them back. Repeatable. */
export async function halt({ root }: { root?: string } = {}): Promise<void> {
  const paths = agentPaths(root);
  const record = readGuardRecord(paths);
  // Without a service that is fine, too: the agent was brought up before that manager ran this machine, or not at all.
  await serviceManagerHere()?.stop(paths);
  // The guard first: it would start its agent again.
  for (const process of [record?.guard, record?.agent]) {
    if (process !== undefined) await stopProcess(process, graceMs);
  }
}
