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

function counted(documents: number): string {
  return documents === 1 ? "1 document" : `${documents} documents`;
}
