/**
 * Makes everything that derives from the contract: the Pulumi schema, the SDKs, the reference, OpenAPI.
 *
 *   npm run generate               writes what is stale, removes what is no longer made
 *   npm run generate -- --check    names what is stale and fails
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { artefacts, leftovers, ownedFolders } from "./generate/artefacts.ts";
import { root } from "./lib/places.mjs";

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const wanted = artefacts();
const stale = [...wanted].flatMap(([path, text]) => (isCurrent(path, text) ? [] : [path]));
const surplus = ownedFolders.flatMap(filesBelow).filter((path) => !wanted.has(path));

if (values.check) {
  for (const path of stale) process.stderr.write(`${path}: is stale\n`);
  for (const path of surplus) process.stderr.write(`${path}: is no longer generated\n`);
  process.exitCode = stale.length + surplus.length > 0 ? 1 : 0;
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), wanted.get(path) ?? "");
  }
  for (const path of surplus) rmSync(join(root, path));
  process.stdout.write(`${stale.length} of ${wanted.size} files written, ${surplus.length} removed\n`);
}

function isCurrent(path: string, text: string): boolean {
  const file = join(root, path);
  return existsSync(file) && readFileSync(file, "utf8") === text;
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (leftovers.has(entry.name) || entry.name.endsWith(".egg-info")) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
