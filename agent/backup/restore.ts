import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { type Content, decodeContent } from "./content.ts";
import { refusal } from "./decide.ts";
import { type About, openBackup } from "./envelope.ts";
import type { BackupMachine } from "./types.ts";

const storeName = "etcd";

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
  const target = await machine.look();
  const reason = refusal(target, about);
  if (reason !== undefined && !isForced) throw new ConstellationError("taken", `restore backup: ${reason}`);
  await machine.prepare();
  const filled = join(machine.stateDir, `${storeName}.restored`);
  rmSync(filled, { recursive: true, force: true });
  await machine.fillStore(filled, content.records);
  await machine.halt();
  const replaced = swap(machine.stateDir, filled, content);
  await machine.start();
  return { about, records: content.records, replaced: target.kind === "empty" ? undefined : replaced };
}

/** Renames alone, the store last: a crash in between leaves something that another restore replaces. */
function swap(stateDir: string, filled: string, { files }: Content): string {
  for (const { name, base64 } of files) {
    writeFileSync(join(stateDir, `${name}.restored`), Buffer.from(base64, "base64"), {
      mode: 0o600,
      flush: true,
    });
  }
  const replaced = join(stateDir, `${storeName}.replaced`);
  rmSync(replaced, { recursive: true, force: true });
  for (const { name } of files) {
    const place = join(stateDir, name);
    if (existsSync(place)) renameSync(place, `${place}.replaced`);
    renameSync(`${place}.restored`, place);
  }
  const store = join(stateDir, storeName);
  if (existsSync(store)) renameSync(store, replaced);
  renameSync(filled, store);
  return replaced;
}
