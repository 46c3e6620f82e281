import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Peering } from "./types.ts";

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

/**
 * Why one that others count on must not be started without its data: it has voted, and acknowledged, and would do so
 * again otherwise (Raft, 5.2). Undefined where it is there, or is to come from the others.
 */
export function lostData(dataDir: string, peering: Peering | undefined): string | undefined {
  if (peering === undefined || peering.joins !== undefined || hasLog(join(dataDir, "member", "wal")))
    return undefined;
  return `its data in ${dataDir} is gone; where other servers are left, remove this one there, take its agent down, and join again; else restore a backup`;
}

function hasLog(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".wal"));
}
