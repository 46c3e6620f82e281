import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { syncToDisk } from "../lib/sync-to-disk.ts";
import { type Content, decodeContent } from "./content.ts";
import { obstacle, refusal } from "./decide.ts";
import { type About, openBackup } from "./envelope.ts";
import { places, recoverSwap, swap } from "./swap.ts";
import type { BackupMachine } from "./types.ts";

export interface Restored {
  readonly about: About;
  readonly records: Content["records"];
  /** Where what stood here before is kept; undefined: nothing did. */
  readonly replaced: string | undefined;
}

/**
 * Puts a backup in the place of what is here, and starts the agent on it. Nothing that runs or lies here is touched before
 * the file was opened whole, every record was read by this agent's own rules, and a new store holds them.
 * Throws `invalid` for the file, `taken` where something would be lost and `isForced` is false, `host-unfit`.
 */
export async function restoreBackup(
  machine: BackupMachine,
  file: Buffer,
  passphrase: string,
  { isForced, check }: { readonly isForced: boolean; readonly check: (key: string, value: string) => void },
): Promise<Restored> {
  const { about, content: bytes } = await openBackup(file, passphrase);
  const content = decodeContent(bytes, check);
  await machine.prepare();
  recoverSwap(machine.stateDir); // of an earlier restore: what it had moved away is what is here
  const target = await machine.look();
  const barred = obstacle(target);
  if (barred !== undefined) throw new ConstellationError("taken", `restore backup: ${barred}`);
  const reason = refusal(target, about);
  if (reason !== undefined && !isForced) throw new ConstellationError("taken", `restore backup: ${reason}`);
  await layReady(machine, content);
  await machine.halt();
  const replaced = await swapAndStart(machine);
  return { about, records: content.records, replaced: target.kind === "empty" ? undefined : replaced };
}

/** Everything that is to be put in place, in a folder beside and on disk. */
async function layReady(machine: BackupMachine, { files, records }: Content): Promise<void> {
  const folder = join(machine.stateDir, places.restored);
  rmSync(folder, { recursive: true, force: true }); // of a try that was killed
  mkdirSync(folder, { mode: 0o700 });
  await machine.fillStore(join(folder, places.store), records);
  for (const { name, base64 } of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), Buffer.from(base64, "base64"), { mode: 0o600 });
  }
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    syncToDisk(join(folder, name));
  syncToDisk(folder);
  syncToDisk(machine.stateDir);
}

/** Also where a name cannot be changed, the agent runs again: it puts back what was changed already. */
async function swapAndStart(machine: BackupMachine): Promise<string> {
  try {
    return swap(machine.stateDir);
  } finally {
    await machine.start();
  }
}
