import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type Manifest, manifestSchema } from "../../provider/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { otherBuild } from "./other-build.ts";

export interface OtherKit {
  /** Of its programs. */
  readonly bin: string;
  /** How many files of this clone's kit it shares, and how many are its own. */
  readonly shared: number;
  readonly own: number;
}

/** As `otherBuild`, with the kit that belongs to it: this clone's must have been built. */
export function otherKit(folder: string, version: string, agentPrelude = ""): OtherKit {
  const bin = otherBuild(folder, version, agentPrelude);
  const kit = join(folder, "kit", thisArch);
  const file = join(kit, "manifest.json");
  const before = manifestSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  let own = 0;
  const files = before.files.map((each): Manifest["files"][number] => {
    const rebuilt = join(folder, each.path);
    if (!each.path.startsWith("agent/") || !existsSync(rebuilt)) return each;
    const content = readFileSync(rebuilt);
    const sha256 = createHash("sha256").update(content).digest("hex");
    if (sha256 === each.sha256) return each;
    own += 1;
    writeFileSync(join(kit, "files", `${sha256}.zst`), zstdCompressSync(content));
    return { ...each, sha256, size: content.length };
  });
  writeFileSync(`${file}.new`, `${JSON.stringify({ ...before, version, files })}\n`);
  renameSync(`${file}.new`, file);
  return { bin, own, shared: files.length - own };
}
