import { chmod, cp, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { node } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import type { LayerDefinition } from "./definitions.ts";

/** What packages bring that an image does not need: gconv alone is 8 MB. */
const leftOut = ["doc", "man", "locale", "lintian", "bug", "info", "doc-base", "gdb"]
  .map((name) => `usr/share/${name}`)
  .concat("usr/lib/x86_64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/gconv");

/** Fills the empty `folder` with a layer's content. @param debs the files of its packages. */
export async function stageLayer(
  layer: LayerDefinition,
  debs: readonly string[],
  folder: string,
): Promise<void> {
  await chmod(folder, 0o755);
  for (const deb of debs) run("dpkg-deb", ["-x", deb, folder]);
  for (const path of leftOut) await rm(join(folder, path), { recursive: true, force: true });
  for (const [path, mode] of Object.entries(layer.folders ?? {})) {
    await mkdir(join(folder, path), { recursive: true });
    await chmod(join(folder, path), mode);
  }
  for (const [path, content] of Object.entries(layer.files ?? {})) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    if (typeof content === "string") await writeFile(target, content, { mode: 0o644 });
    else await cp(node, target, { dereference: true });
  }
  for (const [path, target] of Object.entries(layer.links ?? {})) await link(folder, path, target);
  if (layer.withCommands) await linkCommands(folder);
}

async function linkCommands(folder: string): Promise<void> {
  const commands = run(join(folder, "bin/busybox"), ["--list-full"]).split("\n").filter(Boolean);
  for (const command of commands) {
    const isThere = await lstat(join(folder, command)).catch(() => undefined);
    if (!isThere) await link(folder, command, "/bin/busybox");
  }
}

async function link(folder: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await symlink(target, join(folder, path));
}
