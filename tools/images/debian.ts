import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

/** Downloads the current versions of Debian packages into the shared cache. @returns their files, in order. */
export async function downloadPackages(names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const folder = join(cache, "debian");
  await mkdir(folder, { recursive: true });
  const files = currentFiles(names);
  const missing = [];
  for (const { name, file, bytes } of files) {
    const found = await stat(join(folder, file)).catch(() => undefined);
    if (found?.size !== bytes) missing.push(name);
  }
  if (missing.length > 0) run("apt-get", [...downloadOptions, "download", ...missing], { cwd: folder });
  return files.map(({ file }) => join(folder, file));
}

/** Without it, apt complains that its unprivileged user cannot write here. */
const downloadOptions = ["-q", "-o", "APT::Sandbox::User=root"];

function currentFiles(names: readonly string[]) {
  const lines = listFiles(names).split("\n");
  return names.map((name) => {
    const parsed = lines
      .map((line) => /^'[^']*' (\S+) (\d+) /.exec(line))
      .find((found) => found?.[1]?.startsWith(`${name}_`));
    if (!parsed) throw new Error(`download ${name}: apt-get knows no such package; is this Debian 12?`);
    return { name, file: parsed[1] as string, bytes: Number(parsed[2]) };
  });
}

/** Package lists are absent on a fresh machine: then they are fetched first, which takes root. */
function listFiles(names: readonly string[]): string {
  const list = () => run("apt-get", [...downloadOptions, "download", "--print-uris", ...names]);
  try {
    return list();
  } catch {
    run("apt-get", ["-q", "update"]);
    return list();
  }
}
