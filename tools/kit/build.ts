import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KitArch, Manifest } from "../../provider/kit/index.ts";
import { dist } from "../lib/places.mjs";
import { buildGoProgram } from "../setup/go-programs.mjs";
import { manifestOf } from "./manifest.ts";
import { linkOrCopy, packFile } from "./pack.ts";
import { stageKit } from "./stage.ts";

export interface BuiltKit {
  readonly digest: string;
  readonly manifest: Manifest;
  /** Of all files, as they are sent. */
  readonly packedBytes: number;
}

export interface BuildOptions {
  /** Asks Debian for newer packages. */
  readonly isFresh?: boolean;
  readonly report?: (line: string) => void;
  /** Holds a folder a processor; dist/kit by default, where the provider looks. */
  readonly out?: string;
}

/** Makes OUT/ARCH: the manifest, the receiver, and each content packed, under its digest. */
export async function buildKit(arch: KitArch, options: BuildOptions = {}): Promise<BuiltKit> {
  const { isFresh = false, report = () => {}, out = join(dist, "kit") } = options;
  const work = mkdtempSync(join(tmpdir(), "constellation-kit-"));
  try {
    const stage = join(work, "stage");
    report(`kit ${arch}: gathering programs, libraries and the agent`);
    await stageKit(arch, stage, join(work, "packages"), isFresh);
    const manifest = manifestOf(arch, stage);
    report(`kit ${arch}: packing what is new`);
    return await writeKit(arch, stage, manifest, out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function writeKit(arch: KitArch, stage: string, manifest: Manifest, out: string): Promise<BuiltKit> {
  const draft = join(out, `.${arch}.${process.pid}`);
  try {
    mkdirSync(join(draft, "files"), { recursive: true });
    const files = new Map(manifest.files.map(({ path, sha256 }) => [sha256, path]));
    let packedBytes = 0;
    for (const [sha256, path] of files) {
      const packed = await packFile(join(stage, path), sha256);
      packedBytes += statSync(packed).size;
      linkOrCopy(packed, join(draft, "files", `${sha256}.zst`));
    }
    buildGoProgram("receiver", join(draft, "receiver"), { GOARCH: arch });
    const text = `${JSON.stringify(manifest)}\n`;
    writeFileSync(join(draft, "manifest.json"), text);
    rmSync(join(out, arch), { recursive: true, force: true });
    renameSync(draft, join(out, arch));
    return { digest: createHash("sha256").update(text).digest("hex"), manifest, packedBytes };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
