import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, type Digest, mediaTypes, thisPlatform } from "../../contract/index.ts";
import { withLock } from "../lib/lock.ts";
import { downloadPackages } from "./debian.ts";
import { definitions, type ImageDefinition, type LayerDefinition } from "./definitions.ts";
import { type Layout, openLayout } from "./layout.ts";
import { stageLayer } from "./stage.ts";

/** Raise to make every image anew after a change to how they are built. */
const builderVersion = 1;

interface PackedLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/**
 * Builds images into an OCI layout, each under its name as the tag: `oci:FOLDER:nginx`. Those already there are kept.
 * @param report is told each image that is made, and from what.
 */
export async function buildImages(
  folder: string,
  names: readonly string[] = Object.keys(definitions),
  report: (line: string) => void = () => {},
): Promise<void> {
  const layout = await openLayout(folder);
  await withLock(join(folder, "lock"), async () => {
    const packed = new Map<LayerDefinition, Promise<PackedLayer>>();
    for (const name of names) {
      const definition = definitions[name];
      if (!definition)
        throw new Error(`build image ${name}: unknown; one of ${Object.keys(definitions).join(", ")}`);
      const recipe = recipeOf(definition);
      if (await layout.isCurrent(name, recipe)) continue;
      report(`image ${name}: building from Debian packages`);
      await layout.tag(name, recipe, await buildImage(layout, definition, packed));
    }
    if (packed.size > 0) await layout.prune();
  });
}

function recipeOf(definition: ImageDefinition): string {
  const text = JSON.stringify([builderVersion, process.arch, process.version, definition]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** @param packed layers that this run has made, for the images that share them. */
async function buildImage(
  layout: Layout,
  definition: ImageDefinition,
  packed: Map<LayerDefinition, Promise<PackedLayer>>,
): Promise<Descriptor> {
  const layers: PackedLayer[] = [];
  for (const layer of definition.layers) {
    const made = packed.get(layer) ?? packLayer(layout, layer);
    packed.set(layer, made);
    layers.push(await made);
  }
  const config = {
    ...thisPlatform(),
    config: definition.config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  };
  return layout.writeJson(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest[0],
      config: await layout.writeJson(config, mediaTypes.config),
      layers: layers.map(({ descriptor }) => descriptor),
    },
    mediaTypes.manifest[0],
  );
}

async function packLayer(layout: Layout, layer: LayerDefinition): Promise<PackedLayer> {
  const stage = await mkdtemp(join(tmpdir(), "constellation-image-"));
  try {
    await stageLayer(layer, await downloadPackages(layer.packages), stage);
    return await layout.writeLayer(stage);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}
