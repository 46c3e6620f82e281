import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../tools/build/bundle.mjs";
import { dist, root } from "../../tools/lib/places.mjs";

const source = "bench/up/empty-provider";
const executable = "pulumi-resource-constellation";

/** Bundles the empty provider as ours is bundled; the folder that holds it as an engine looks for it. */
export async function buildEmptyProvider(folder: string): Promise<string> {
  await bundle({ folder: source });
  await mkdir(folder, { recursive: true });
  const lines = [
    "#!/bin/sh",
    `export BENCH_SCHEMA="${join(root, "provider", "schema.json")}"`,
    `exec "${join(dist, "node")}" "${join(dist, source, "main.js")}" "$@"`,
    "",
  ];
  await writeFile(join(folder, executable), lines.join("\n"), { mode: 0o755 });
  return folder;
}
