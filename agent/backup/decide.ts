import type { About } from "./envelope.ts";
import type { Target } from "./types.ts";

/** Why this backup may not go there without `--force`, and what would be lost; undefined: it may. */
export function refusal(target: Target, backup: About): string | undefined {
  switch (target.kind) {
    case "empty":
      return undefined;
    case "silent":
      return `the store in ${target.folder} does not answer, so nobody knows what it holds; start it with \`constellation-agent up\`, or replace it with --force`;
    case "cluster":
      return target.id === backup.clusterId
        ? `cluster ${target.name} is here, with ${counted(target.documents)}; --force takes it back to ${backup.takenAt}, and what changed since is lost`
        : `another cluster is here, ${target.name} (${target.id}) with ${counted(target.documents)}; --force replaces it, and all of it is lost`;
  }
}

/** Why no backup goes there, not even by `--force`: what other servers keep would be another cluster of the same name. */
export function obstacle(target: Target): string | undefined {
  const fix =
    "take its agent down (constellation-agent down); where others are gone for good, run `constellation-agent recover` on one that is left";
  if (target.kind === "silent" && target.isOneOfSeveral)
    return `the store in ${target.folder} does not answer, and other servers may keep the same state; ${fix}`;
  if (target.kind !== "cluster" || target.otherServers === undefined) return undefined;
  return `${target.otherServers.join(", ")} keep the state of cluster ${target.name} as well; on each but one, ${fix}`;
}

function counted(documents: number): string {
  return documents === 1 ? "1 document" : `${documents} documents`;
}
