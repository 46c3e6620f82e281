import { agentProgramPath } from "../machines/index.ts";
import type { Bootstrap, Facts, Finding, Joining } from "./types.ts";

/** Which host of which cluster a machine is to become; without a cluster that is known, nothing can be said. */
export interface JoiningWish extends Partial<Pick<Bootstrap, "hostName">> {
  readonly join?: Omit<Joining, "token"> | undefined;
}

/** What to do there where what a machine holds is of no use any more. */
export const takeDownThere = `run \`${agentProgramPath} down\` there`;
const elsewhere = `${takeDownThere} where that is over, or name another machine`;

/** What it is already that keeps a machine from becoming this host. Pure. */
export function judgeJoining(
  { hasStore, membership, machineDigest }: Pick<Facts, "hasStore" | "membership" | "machineDigest">,
  { join, hostName }: JoiningWish,
): Finding[] {
  if (join === undefined) return [];
  const refusal = (problem: string, fix: string): Finding[] => [{ severity: "refusal", problem, fix }];
  if (membership === undefined && hasStore)
    return refusal("it keeps the state of a cluster of its own", elsewhere);
  if (membership === undefined)
    return isAnother(machineDigest, join.known)
      ? refusal(
          `host ${hostName} of this cluster is another machine`,
          "take that host out of the program, run pulumi up, and put it back with this machine after that; or give this machine another name",
        )
      : [];
  const { clusterId, clusterName, name } = membership;
  if (clusterId !== join.clusterId)
    return refusal(`it is host ${name} of another cluster, ${clusterName} (${clusterId})`, elsewhere);
  if (name !== hostName)
    return refusal(`it is ${name} of this cluster already`, "import that one, or name another machine");
  if (join.known !== undefined) return [];
  return refusal(`it was removed from this cluster as ${name}, and holds what it had`, takeDownThere);
}

function isAnother(machine: string | undefined, known: Joining["known"]): boolean {
  const was = known?.machineDigest;
  return machine !== undefined && was !== undefined && machine !== was;
}
