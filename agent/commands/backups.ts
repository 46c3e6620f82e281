import { agentPaths, ConstellationError, connect } from "../../contract/index.ts";
import {
  backupTarget,
  countDocuments,
  passphraseVariable,
  readBackupFile,
  readPassphrase,
  restoreBackup,
  takeBackup,
  writeBackupFile,
} from "../backup/index.ts";
import { checkRecord } from "../store/index.ts";
import { version } from "../version.ts";
import type { Arguments } from "./arguments.ts";
import { bringUp } from "./local.ts";
import { createMachine } from "./machine.ts";

type Given = Pick<Arguments, "root" | "force" | "passphraseFile" | "rest">;

/** Writes a backup; what it holds. */
export async function backUp(given: Given): Promise<unknown> {
  const path = fileOf(given, "back up");
  const target = backupTarget(path);
  const machine = createMachine(given.root, start(given));
  const passphrase = await passphraseOf(given, true);
  const { about, file, records } = await takeBackup(machine, passphrase, {
    agentVersion: version,
    now: new Date(),
  });
  writeBackupFile(target, file);
  const documents = countDocuments(records);
  return { file: path, bytes: file.length, documents, ...about };
}

/** Restores a backup; what came back, and which services lack an image that must be uploaded again. */
export async function restore(given: Given): Promise<unknown> {
  const path = fileOf(given, "restore");
  const machine = createMachine(given.root, start(given));
  const file = readBackupFile(path);
  const passphrase = await passphraseOf(given, false);
  const restored = await restoreBackup(machine, file, passphrase, {
    isForced: given.force,
    check: checkRecord,
  });
  const documents = countDocuments(restored.records);
  const missing = await servicesWithoutImage(given.root);
  return { ...restored.about, documents, replaced: restored.replaced ?? null, missing };
}

/** Those whose image no registry can give: it came from a file beside the program. */
async function servicesWithoutImage(root: string | undefined): Promise<string[]> {
  const agent = connect({ socket: agentPaths(root).socket });
  const services = (await agent.listDocuments("services")).filter(({ inputs }) =>
    /^(oci|docker-archive):/.test(String(inputs.image)),
  );
  const digests = services.map(({ outputs }) => String(outputs.imageDigest));
  const missing = new Set(await agent.missingBlobs([...new Set(digests)]));
  return services
    .filter((_, at) => missing.has(digests[at] ?? ""))
    .map(({ namespace, name }) => `${namespace}/${name}`);
}

const start =
  ({ root }: Given) =>
  () =>
    bringUp({ root, json: false });

function passphraseOf({ passphraseFile }: Given, isNew: boolean): Promise<string> {
  const { env, stdin, stderr } = process;
  return readPassphrase({ file: passphraseFile, env, stdin, stderr, isNew });
}

function fileOf({ rest: [path, ...others] }: Given, action: string): string {
  if (path !== undefined && others.length === 0) return path;
  throw new ConstellationError(
    "invalid",
    `${action}: name one file; its passphrase: --passphrase-file, ${passphraseVariable}`,
  );
}
