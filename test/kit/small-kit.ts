import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { type Kit, openKit } from "../../provider/kit/index.ts";
import { manifestOf } from "../../tools/kit/index.ts";

export type Content = Readonly<Record<string, string | Buffer>>;

/** A kit of a few files in the folder, as the build writes them; names below bin/ are executable. */
export async function smallKit(folder: string, content: Content): Promise<Kit> {
  const [stage, built] = [join(folder, "stage"), join(folder, "amd64")];
  mkdirSync(join(built, "files"), { recursive: true });
  for (const [path, bytes] of Object.entries(content)) {
    const file = join(stage, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    chmodSync(file, path.startsWith("bin/") ? 0o755 : 0o644);
    const digest = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(join(built, "files", `${digest}.zst`), zstdCompressSync(bytes));
  }
  writeFileSync(join(built, "manifest.json"), JSON.stringify(manifestOf("amd64", stage)));
  writeFileSync(join(built, "receiver"), "");
  return await openKit("amd64", folder);
}
