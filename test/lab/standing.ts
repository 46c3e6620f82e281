import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dist } from "../../tools/lib/places.mjs";
import { find, type Lab, type LabOptions, type LabRecord, recordOf, up } from "./lab.ts";

/** Where this clone's one lab that outlives its command is noted; labs elsewhere are noted there. */
const note = join(process.env.CONSTELLATION_LAB_FOLDER ?? dist, "lab.json");

export async function standUp(count: number, options: LabOptions): Promise<Lab> {
  if (look() !== undefined) throw new Error("start lab: one is up; `npm run lab -- down` removes it");
  const lab = await up(count, { ...options, outlives: true });
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, JSON.stringify(recordOf(lab)));
  return lab;
}

export function standing(): Lab {
  const lab = look();
  if (lab === undefined) throw new Error("find lab: none is up; `npm run lab -- up 3` starts one");
  return lab;
}

export async function takeDown(): Promise<void> {
  await look()?.down();
  rmSync(note, { force: true });
}

function look(): Lab | undefined {
  try {
    return find(JSON.parse(readFileSync(note, "utf8")) as LabRecord);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
