import type { Readable } from "node:stream";
import type { Digest, ImageConfig, ImageReference, RegistryReference } from "../../contract/index.ts";

/** How far an unpack is, in bytes of compressed layers. Layers already unpacked count in neither number. */
export interface UnpackProgress {
  readonly done: number;
  readonly total: number;
}

export interface UnpackOptions {
  readonly onProgress?: (progress: UnpackProgress) => void;
  /** Stops the waiting, not the unpacking: another instance may wait for the same layer. */
  readonly signal?: AbortSignal;
}

/**
 * The images of this host, by content address. All errors are ConstellationErrors: `image-missing`,
 * `image-invalid` (corrupt, unsafe or not supported), `too-large`, `host-unfit` (disk full, no setpriv).
 */
export interface Images {
  hasBlob(digest: Digest): Promise<boolean>;
  /** Those of `digests` that must still be uploaded, each once. The others are kept for another grace. */
  missingBlobs(digests: readonly Digest[]): Promise<Digest[]>;
  /** Stores a blob, checked against its digest while it is written; durable when this returns. Repeatable. */
  putBlob(digest: Digest, content: Readable): Promise<void>;
  openBlob(digest: Digest): Promise<Readable>;
  /** The digest that a reference names: its own, or the source's answer for a tag. */
  locate(reference: ImageReference, signal?: AbortSignal): Promise<Digest>;
  /** How the image wants to be run. @param imageDigest of its manifest. */
  resolve(imageDigest: Digest): Promise<ImageConfig>;
  /** Makes sure that the image can run here with what is stored, which is kept for another grace. @throws `image-missing` or `image-invalid` */
  requireImage(imageDigest: Digest): Promise<void>;
  /** Makes all layers ready and gives their folders in overlayfs's order, the topmost first. Never write into them. */
  unpack(imageDigest: Digest, options?: UnpackOptions): Promise<readonly string[]>;
  /** Removes what no image of `keep` needs and what is older than `graceMs`: an upload may still be under way. */
  collect(keep: ReadonlySet<Digest>, graceMs: number): Promise<void>;
  /** Removes everything. For the end of a host's life. */
  removeAll(): Promise<void>;
}

/** Where images come from that nobody uploaded. A registry client fits here. */
export interface ImageSource {
  /** The digest that a tag names now. */
  locate(reference: RegistryReference, signal?: AbortSignal): Promise<Digest>;
}

/** File calls that Node lacks. Paths are bytes: names need not be UTF-8. */
export interface NodeFiles {
  /** Makes a node of device 0/0: a whiteout (`0o020000`) or a FIFO (`0o010000 | permissions`). */
  makeNode(path: Buffer, mode: number): void;
  /** Sets an extended attribute, on a symbolic link itself rather than what it points to. */
  setAttribute(path: Buffer, name: string, value: Buffer): void;
}

/** What the unpacking child needs of the operating system beyond Node's own calls. */
export interface LayerFiles extends NodeFiles {
  /** Makes `folder` this process's root and gives up every right but those to own and label files. For good. */
  confine(folder: string): void;
  /** Writes all that the filesystem of `folder` still holds in memory to its disk. */
  sync(folder: string): void;
}

/** What finishing a layer needs: both refuse to pass through symbolic links. */
export interface TreeFiles {
  /** A descriptor of the folder `path` below `root`; undefined when nothing is there. Throws ENOTDIR or ELOOP. */
  openFolder(root: string, path: Buffer): number | undefined;
  setAttributeOf(descriptor: number, name: string, value: Buffer): void;
}
