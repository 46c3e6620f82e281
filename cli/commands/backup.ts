import { resolve } from "node:path";
import { agentProgram } from "../machine/index.ts";
import { type Action, UsageError } from "../session/index.ts";
import { shortBytes } from "../terminal/index.ts";

interface Taken {
  readonly file: string;
  readonly bytes: number;
  readonly documents: number;
  readonly takenAt: string;
  readonly clusterId: string;
  readonly clusterName: string;
}

/** `--json`: `{ "file": "...", "bytes": 4711, "documents": 3, "takenAt": "...", "clusterId": "...", "clusterName": "local", "host": "...", "agentVersion": "..." }`. */
export const backup: Action = async ({ session, args, options }) => {
  if (args[0] === "-") throw new UsageError("-: a backup is not printed; name a file");
  const file = resolve(session.cwd, args[0] ?? "");
  const taken = await agentProgram<Taken>(session, ["backup", file, ...passphraseArguments(options)]);
  if (session.isJson) await session.output.json(taken);
  else
    await session.output.lines([
      `backed up cluster ${taken.clusterName} (${taken.clusterId}), ${taken.documents} documents, ${shortBytes(taken.bytes)}`,
    ]);
  return 0;
};

export function passphraseArguments({ passphraseFile }: { readonly passphraseFile?: string }): string[] {
  return passphraseFile === undefined ? [] : ["--passphrase-file", passphraseFile];
}
