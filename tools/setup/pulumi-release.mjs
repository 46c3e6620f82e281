import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../lib/run.mjs";

/** The release of the CLI, downloaded or built; tools/go/pulumi/go.mod names the same. */
export const pulumiVersion = "v3.259.0";

const connectSeconds = "5";
const architectures = /** @type {Record<string, string>} */ ({ x64: "x64", arm64: "arm64" });

/**
 * Puts the official CLI and its language hosts into a folder.
 *
 * @param {string} folder
 * @returns {boolean} false where releases cannot be reached (or none is made for this machine)
 */
export function downloadPulumi(folder) {
  const architecture = architectures[process.arch];
  if (architecture === undefined) return false;
  const url = `https://get.pulumi.com/releases/sdk/pulumi-${pulumiVersion}-linux-${architecture}.tar.gz`;
  const work = mkdtempSync(join(tmpdir(), "constellation-pulumi-"));
  const archive = join(work, "pulumi.tar.gz");
  try {
    run("curl", ["-fsSL", "--connect-timeout", connectSeconds, "-o", archive, url]);
    run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
    return true;
  } catch {
    return false; // whatever the reason, building from the pinned module gives the same release
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
