import type { Readable } from "node:stream";
import type { Digest } from "./digest.ts";
import type { ImageConfig, ImageManifest } from "./documents.ts";

/** One blob of an image; `open` may be called again for a retry. */
export interface LocalBlob {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly mediaType: string;
  open(): Readable;
}

/** An image in local files. */
export interface LocalImage {
  /** The manifest's digest: what `imageDigest` is. Other bytes in any layer or in the config give another. */
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** Each once, in the order to upload: layers, config, manifest. */
  readonly blobs: readonly LocalBlob[];
}
