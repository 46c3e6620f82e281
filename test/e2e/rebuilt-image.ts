import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestOf, hexOf } from "../../contract/index.ts";

interface Descriptor {
  digest: Digest;
  size: number;
}

/**
 * Writes an OCI layout with one image of another layout, built again: the same layers under a config with one more
 * label, as a build of changed sources leaves it.
 */
export async function rebuildImage(from: string, tag: string, to: string, label: string): Promise<void> {
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  const read = async (path: string) => JSON.parse(await readFile(join(to, path), "utf8"));
  const blob = ({ digest }: Descriptor) => `blobs/sha256/${hexOf(digest)}`;
  const put = async (value: unknown): Promise<Descriptor> => {
    const bytes = Buffer.from(JSON.stringify(value));
    const descriptor = { digest: digestOf(bytes), size: bytes.length };
    await writeFile(join(to, blob(descriptor)), bytes);
    return descriptor;
  };
  const index = await read("index.json");
  const entry = index.manifests.find(
    ({ annotations }: { annotations?: Record<string, string> }) =>
      annotations?.["org.opencontainers.image.ref.name"] === tag,
  );
  const manifest = await read(blob(entry));
  const config = await read(blob(manifest.config));
  const newConfig = await put({ ...config, config: { ...config.config, Labels: { build: label } } });
  const newManifest = await put({ ...manifest, config: { ...manifest.config, ...newConfig } });
  await writeFile(
    join(to, "index.json"),
    JSON.stringify({ ...index, manifests: [{ ...entry, ...newManifest }] }),
  );
}
