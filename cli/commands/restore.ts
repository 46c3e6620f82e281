import { resolve } from "node:path";
import { agentProgram } from "../machine/index.ts";
import type { Action } from "../session/index.ts";
import { passphraseArguments } from "./backup.ts";

interface Restored {
  readonly takenAt: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly documents: number;
  /** Where what stood here before is kept. */
  readonly replaced: string | null;
  /** Services whose image must be uploaded again. */
  readonly missing: readonly string[];
}

/** `--json`: `{ "clusterId": "...", "clusterName": "local", "takenAt": "...", "documents": 3, "replaced": "..." or null, "missing": ["default/web"], ... }`. */
export const restore: Action = async ({ session, args, options }) => {
  const file = resolve(session.cwd, args[0] ?? "");
  const force = options.force ? ["--force"] : [];
  const restored = await agentProgram<Restored>(session, [
    "restore",
    file,
    ...force,
    ...passphraseArguments(options),
  ]);
  if (session.isJson) await session.output.json(restored);
  else await session.output.lines(said(restored));
  return 0;
};

function said({ clusterName, clusterId, takenAt, documents, replaced, missing }: Restored): string[] {
  return [
    `restored cluster ${clusterName} (${clusterId}) as of ${takenAt}, ${documents} documents`,
    ...(replaced === null ? [] : [`what was here is kept in ${replaced} until the next restore`]),
    ...(missing.length === 0
      ? []
      : [
          `their images came from files and are not in a backup: ${missing.join(", ")}`,
          "upload them from where the program is: pulumi up --refresh",
        ]),
  ];
}
