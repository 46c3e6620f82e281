import type { Bootstrap, Facts, Finding, Joining } from "./types.ts";

/** Which host of which cluster a machine is to become; without a cluster that is known, nothing can be said. */
export interface JoiningWish extends Partial<Pick<Bootstrap, "hostName">> {
  readonly join?: Omit<Joining, "token"> | undefined;
}

const elsewhere = "run `constellation-agent down` there where that is over, or name another machine";

/** What it is already that keeps a machine from becoming this host. Pure. */
export function judgeJoining(
  { hasStore, membership }: Pick<Facts, "hasStore" | "membership">,
  { join, hostName }: JoiningWish,
): Finding[] {
  if (join === undefined) return [];
  const refusal = (problem: string, fix: string): Finding[] => [{ severity: "refusal", problem, fix }];
  if (membership === undefined)
    return hasStore ? refusal("it keeps the state of a cluster of its own", elsewhere) : [];
  const { clusterId, clusterName, name } = membership;
  if (clusterId !== join.clusterId)
    return refusal(`it is host ${name} of another cluster, ${clusterName} (${clusterId})`, elsewhere);
  if (name !== hostName)
    return refusal(`it is ${name} of this cluster already`, "import that one, or name another machine");
  if (join.isKnown) return [];
  return refusal(
    `it was removed from this cluster as ${name}, and holds what it had`,
    "run `constellation-agent down` there",
  );
}
