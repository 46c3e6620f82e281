import { expect, test } from "@jest/globals";
import { ConstellationError, type Digest } from "../../contract/index.ts";
import { blobsOf } from "./parts.ts";

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const manifest = (config: string, layer: string) => ({
  schemaVersion: 2,
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest(config), size: 2 },
  layers: [{ mediaType: layerType, digest: digest(layer), size: 3 }],
});
const entry = (of: string, architecture: string) => ({
  ...{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digest(of), size: 10 },
  platform: { os: "linux", architecture },
});
const documents: Record<string, object> = {
  [digest("0")]: {
    schemaVersion: 2,
    manifests: [entry("1", "amd64"), entry("2", "arm64"), entry("3", "s390x")],
  },
  [digest("1")]: manifest("a", "b"),
  [digest("2")]: manifest("c", "d"),
};
const blobs = {
  async read(of: Digest) {
    if (documents[of]) return Buffer.from(JSON.stringify(documents[of]));
    throw new ConstellationError("image-missing", `read ${of}: it is not here`);
  },
};

test("an image is made of its documents and their parts, for every platform, as far as they are here", async () => {
  const found = await blobsOf(blobs, digest("0"));
  expect([...found].sort()).toEqual(["0", "1", "2", "3", "a", "b", "c", "d"].map(digest).sort());
});
