import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const built = join(import.meta.dirname, "../../dist");

/**
 * What this clone has built as another version, in a folder of its own, as its next release would lie beside this one.
 * @param agentPrelude JavaScript that its agent runs first.
 * @returns the folder of its programs.
 */
export function otherBuild(folder: string, version: string, agentPrelude = ""): string {
  const copy = (...how: string[]) =>
    spawnSync("cp", ["--archive", ...how, "--no-target-directory", built, folder], { encoding: "utf8" });
  const linked = copy("--link");
  const { status, stderr } = linked.status === 0 ? linked : copy(); // another filesystem
  if (status !== 0) throw new Error(`copy ${built}: ${stderr}`);
  for (const part of ["agent", "provider"]) {
    const scripts = readdirSync(join(folder, part)).filter((name) => name.endsWith(".js"));
    for (const name of scripts) {
      const isMain = part === "agent" && name === "main.js";
      rewrite(join(folder, part, name), (text) => {
        const changed = text.replaceAll('"0.1.0"', JSON.stringify(version));
        return isMain ? `${agentPrelude}\n${changed}` : changed;
      });
    }
  }
  return join(folder, "bin");
}

/** In a new file: the old one is this clone's too. */
function rewrite(file: string, change: (text: string) => string): void {
  writeFileSync(`${file}.new`, change(readFileSync(file, "utf8")));
  renameSync(`${file}.new`, file);
}
