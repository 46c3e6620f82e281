import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KitArch } from "../../provider/kit/index.ts";
import { cache, node, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { makeFolder } from "../setup/draft.mjs";
import { platforms, thisArch } from "./platform.ts";

/** Node of the version that this clone runs, as npm's `node` package installs it. */
export function nodeFor(arch: KitArch): string {
  if (arch === thisArch) return node;
  return join(npmPackage(`node-linux-${platforms[arch].npm}`, process.versions.node), "bin", "node");
}

/** The folder of koffi's native part. */
export function koffiFor(arch: KitArch): string {
  const name = `@koromix/koffi-linux-${platforms[arch].npm}`;
  const installed = join(root, "node_modules", name);
  if (existsSync(installed)) return installed;
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const { version, integrity } = packages[`node_modules/${name}`];
  return npmPackage(name, version, integrity);
}

/** npm installs no other platform's packages, but packs any: it checks what comes against the registry's digest. */
function npmPackage(name: string, version: string, integrity?: string): string {
  const folder = join(cache, "kit", "npm", `${name.replace("/", "+")}-${version}`);
  if (!existsSync(folder)) {
    makeFolder(folder, (draft) => {
      const [{ filename }] = JSON.parse(
        run("npm", ["pack", "--json", `--pack-destination=${draft}`, `${name}@${version}`]),
      );
      const archive = join(draft, filename.replace(/^@/, "").replace("/", "-"));
      if (integrity !== undefined) requireIntegrity(archive, integrity);
      mkdirSync(join(draft, "package"), { recursive: true });
      run("tar", ["-xzf", archive, "-C", draft]);
    });
  }
  return join(folder, "package");
}

function requireIntegrity(archive: string, integrity: string): void {
  const found = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (integrity !== `sha512-${found}`)
    throw new Error(`build kit: ${archive}: not what package-lock.json names`);
}
