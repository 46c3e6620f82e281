import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentPaths, ConstellationError } from "../../contract/index.ts";

/** In each of an agent's folders; holds the agent's id. The guard writes the same file. */
export const markerName = ".constellation";

type Holder = "nobody" | "us" | "somebody else";

/** The agent's folders, the one that is deleted last first: it holds the record of changed sysctls. */
export function foldersOf(paths: AgentPaths): { path: string; mode: number }[] {
  // Others may look a file up in the state folder (the name server runs as another user), but not list it.
  return [
    { path: paths.stateDir, mode: 0o711 },
    { path: paths.runDir, mode: 0o755 },
  ];
}

/** Makes the agent's folders and marks them as its own. Throws `host-unfit` where a folder holds something else, or is open to others. */
export function claimFolders(paths: AgentPaths): void {
  refuseForeignFolders(paths, "use");
  for (const { path, mode } of foldersOf(paths)) {
    mkdirSync(path, { recursive: true, mode });
    refuseOpenFolder(path);
    if (holderOf(path, paths.id) === "nobody") writeFileSync(join(path, markerName), `${paths.id}\n`);
  }
}

/** Root runs what lies in there, and writes where its names lead: nobody else may change them. */
function refuseOpenFolder(path: string): void {
  const { uid, mode } = statSync(path);
  if (uid === process.getuid?.() && (mode & 0o022) === 0) return;
  throw new ConstellationError(
    "host-unfit",
    `use folder ${path}: others may write there; run \`chown root ${path} && chmod go-w ${path}\`, or choose another root`,
  );
}

export function refuseForeignFolders(paths: AgentPaths, action: string): void {
  const [foreign] = foreignFolders(paths);
  if (foreign === undefined) return;
  const advice = "choose another root, or move those files away";
  throw new ConstellationError(
    "host-unfit",
    `${action} folder ${foreign}: it holds files of somebody else; ${advice}`,
  );
}

export function foreignFolders(paths: AgentPaths): string[] {
  return foldersOf(paths)
    .map(({ path }) => path)
    .filter((path) => holderOf(path, paths.id) === "somebody else");
}

/** Whose folder it is; an absent or empty one is nobody's. */
export function holderOf(folder: string, id: string): Holder {
  if (!existsSync(folder)) return "nobody";
  const names = readdirSync(folder);
  if (names.length === 0) return "nobody";
  if (!names.includes(markerName)) return "somebody else";
  return readFileSync(join(folder, markerName), "utf8").trim() === id ? "us" : "somebody else";
}
