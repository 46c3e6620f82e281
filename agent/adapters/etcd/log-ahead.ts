import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Why a member must not be started on this data: its log ahead of writing is gone. It would begin a new one, count
 * from the start again, take all it then writes for old, and answer nobody. Undefined where all is there, or nothing yet.
 */
export function lostLog(dataDir: string): string | undefined {
  const member = join(dataDir, "member");
  const hasData = existsSync(join(member, "snap", "db"));
  // Its first start makes the data, then this, and renames it when it is whole.
  const isBeginning = existsSync(join(member, "wal.tmp"));
  if (!hasData || isBeginning || hasLog(join(member, "wal"))) return undefined;
  return `its log in ${join(member, "wal")} is gone, without which its data is not whole; restore a backup with \`constellation restore --force FILE\`. What runs keeps running`;
}

function hasLog(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".wal"));
}
