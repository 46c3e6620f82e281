import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { type KitArch, type KitFile, type Manifest, manifestSchema } from "../../provider/kit/index.ts";
import { root } from "../lib/places.mjs";

/** All files below a folder; the same content gives the same manifest, whenever and wherever it was made. */
export function manifestOf(arch: KitArch, folder: string): Manifest {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => describe(folder, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return manifestSchema.parse({ version, arch, files: withEqualModes(files) });
}

function describe(folder: string, file: string): KitFile {
  const content = readFileSync(file);
  return {
    path: relative(folder, file),
    sha256: createHash("sha256").update(content).digest("hex"),
    size: content.length,
    mode: (statSync(file).mode & 0o100) === 0 ? "0644" : "0755",
  };
}

/** Equal content is one file on a host: it is executable where one of its names has to be. */
function withEqualModes(files: readonly KitFile[]): KitFile[] {
  const executable = new Set(files.filter(({ mode }) => mode === "0755").map(({ sha256 }) => sha256));
  return files.map((file) => ({ ...file, mode: executable.has(file.sha256) ? "0755" : "0644" }));
}
