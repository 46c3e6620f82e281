import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, digestOf, hexOf } from "../../contract/index.ts";
import type { RegistryServer } from "./server.ts";

interface Descriptor {
  readonly digest: Digest;
  readonly size: number;
}

const layout = join(import.meta.dirname, "..", "..", ".images");

/**
 * Puts an image of the clone's layout under a name and a tag, as a push would leave it; `build` makes another image of
 * the same layers. Written into the registry's folders: what a push goes through is not what these tests are about.
 * @returns the digest that the tag then names.
 */
export async function publish(
  registry: Pick<RegistryServer, "storage">,
  repository: string,
  tag: string,
  { image = "busybox", build = "1" }: { readonly image?: string; readonly build?: string } = {},
): Promise<Digest> {
  const root = join(registry.storage, "docker", "registry", "v2");
  const own = join(root, "repositories", repository);
  const put = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  const link = (path: string, digest: Digest) => put(join(own, path, "link"), digest);
  const blob = async (content: Buffer): Promise<Descriptor> => {
    const digest = digestOf(content);
    const hex = hexOf(digest);
    await put(join(root, "blobs", "sha256", hex.slice(0, 2), hex, "data"), content);
    await link(join("_layers", "sha256", hex), digest);
    return { digest, size: content.length };
  };
  const read = ({ digest }: Descriptor) => readFile(join(layout, "blobs", "sha256", hexOf(digest)));
  const json = async (descriptor: Descriptor) => JSON.parse((await read(descriptor)).toString());
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

  const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8"));
  const entry = index.manifests.find(
    ({ annotations }: { annotations: Record<string, string> }) =>
      annotations["org.opencontainers.image.ref.name"] === image,
  );
  const manifest = await json(entry);
  const config = await json(manifest.config);
  for (const layer of manifest.layers) await blob(await read(layer));
  const built = await blob(bytes({ ...config, config: { ...config.config, Labels: { build } } }));
  const content = bytes({
    ...manifest,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { ...manifest.config, ...built },
  });
  const { digest } = await blob(content);
  await link(join("_manifests", "revisions", "sha256", hexOf(digest)), digest);
  await link(join("_manifests", "tags", tag, "index", "sha256", hexOf(digest)), digest);
  await link(join("_manifests", "tags", tag, "current"), digest);
  return digest;
}
