import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KitArch } from "../../provider/kit/index.ts";
import { launcherOf } from "../build/launchers.mjs";
import { programs as products } from "../build/programs.mjs";
import { dist } from "../lib/places.mjs";
import { buildGoProgram } from "../setup/go-programs.mjs";
import { pinnedProgramFor } from "../setup/go-tools.mjs";
import { type DebianPackage, downloadPackages } from "./debian.ts";
import { bindProgram } from "./elf.ts";
import { koffiFor, nodeFor } from "./npm.ts";
import { unpackPackages } from "./packages.ts";
import { platforms } from "./platform.ts";
import { bundledPrograms, debianPrograms, goPrograms, libraryPackages, pinnedPrograms } from "./programs.ts";
import { stageRuntime } from "./runtime.ts";

/** Fills the empty folder `stage` with a kit's files; packages are unpacked in the empty folder `scratch`. */
export async function stageKit(
  arch: KitArch,
  stage: string,
  scratch: string,
  isFresh: boolean,
): Promise<void> {
  mkdirSync(join(stage, "bin"), { recursive: true });
  const fromDebian = await stageDebian(arch, stage, scratch, isFresh);
  for (const name of goPrograms) {
    buildGoProgram(name, join(stage, "bin", `constellation-${name}`), { GOARCH: arch });
  }
  for (const name of pinnedPrograms) copyFileSync(pinnedProgramFor(name, arch), join(stage, "bin", name));
  stageBundles(arch, stage);
  const versions = {
    debian: fromDebian.map(({ name, version }) => `${name} ${version}`),
    node: process.version,
  };
  writeFileSync(join(stage, "sources.json"), `${JSON.stringify(versions, null, 2)}\n`);
}

/** Programs made of a C library, Node among them, with that library. @returns the packages that are in the kit. */
async function stageDebian(
  arch: KitArch,
  stage: string,
  scratch: string,
  isFresh: boolean,
): Promise<DebianPackage[]> {
  const platform = platforms[arch];
  const wanted = Object.values(debianPrograms).map((program) => program.package);
  const names = [...new Set([...wanted, ...libraryPackages])].sort();
  const packages = await downloadPackages(arch, names, isFresh);
  const unpacked = unpackPackages(packages, scratch, platform.triplet);
  const sources = {
    node: nodeFor(arch),
    ...Object.fromEntries(
      Object.entries(debianPrograms).map(([name, from]) => [name, unpacked.program(from.package, from.path)]),
    ),
  };
  const runtime = stageRuntime([...Object.values(sources), koffiAddon(arch)], unpacked, platform, stage);
  for (const [name, file] of Object.entries(sources)) {
    bindProgram(file, join(stage, "bin", name), runtime.folder, platform);
  }
  const used = packages.filter((each) => wanted.includes(each.name) || runtime.packages.includes(each));
  for (const { name } of used) {
    mkdirSync(join(stage, "doc", name), { recursive: true });
    copyFileSync(unpacked.copyright(name), join(stage, "doc", name, "copyright"));
  }
  return used;
}

function koffiAddon(arch: KitArch): string {
  const folder = join(koffiFor(arch), `linux_${platforms[arch].npm}`);
  const [addon] = readdirSync(folder).filter((name) => name.endsWith(".node"));
  if (addon === undefined) throw new Error(`build kit: no addon in ${folder}`);
  return join(folder, addon);
}

/** Bundles as they are in dist/, but for the source maps, which only developers read; what they load beside them. */
function stageBundles(arch: KitArch, stage: string): void {
  for (const program of products.filter(({ name }) => bundledPrograms.includes(name))) {
    const { folder, name } = program;
    mkdirSync(join(stage, folder));
    for (const file of readdirSync(join(dist, folder)).filter((file) => file.endsWith(".js"))) {
      copyFileSync(join(dist, folder, file), join(stage, folder, file));
    }
    const launcher = join(stage, "bin", name);
    writeFileSync(launcher, launcherOf({ ...program, defaults: { CONSTELLATION_KIT: "." } }, "bin/node"));
    chmodSync(launcher, 0o755);
  }
  writeFileSync(join(stage, "package.json"), '{"type":"module"}\n');
  const modules = join(stage, "node_modules");
  cpSync(join(dist, "node_modules", "koffi"), join(modules, "koffi"), { recursive: true });
  const native = `@koromix/koffi-linux-${platforms[arch].npm}`;
  // Its twin for musl, which Node does not run on here, stays behind.
  cpSync(koffiFor(arch), join(modules, native), {
    recursive: true,
    filter: (path) => !/\/musl_\w+$/.test(path),
  });
}
