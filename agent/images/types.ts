import type { Readable } from "node:stream";
import type { Digest, ImageConfig, ImageReference, RegistryReference } from "../../contract/index.ts";

/** How far a pull or an unpack is, in bytes of compressed layers. What was here before counts in neither number. */
export interface ImageProgress {
  readonly done: number;
  readonly total: number;
}

export interface ImageWait {
  readonly onProgress?: (progress: ImageProgress) => void;
  /** Stops the waiting, not the work while another instance waits for the same. */
  readonly signal?: AbortSignal;
}

/** How to reach a registry or a mirror. */
export interface RegistrySettings {
  /** Asked in this order before the registry itself: `HOST` or `HOST:PORT`, each with the settings under its own name. */
  readonly mirrors?: readonly string[] | undefined;
  /** HTTP without TLS; nothing but this asks for it, `localhost` neither. */
  readonly plainHttp?: boolean | undefined;
  /** PEM; trusted beside the machine's own. */
  readonly caCertificate?: string | undefined;
}

export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** What pulling may use. Both by registry or mirror, as references name it: `docker.io`, `ghcr.io`, `registry:5000`. */
export interface RegistryAccess {
  readonly registries: Readonly<Record<string, RegistrySettings>>;
  /** Who to be there. Beats what the host's own files say (`auth.json`). */
  readonly credentials: Readonly<Record<string, RegistryCredentials>>;
}

/**
 * The images of this host, by content address. All errors are ConstellationErrors: `image-missing`,
 * `image-invalid` (corrupt, unsafe, not supported, not for this platform), `image-denied`, `image-unreachable`,
 * `too-large`, `host-unfit` (disk full, no setpriv), `cancelled`.
 */
export interface Images {
  hasBlob(digest: Digest): Promise<boolean>;
  /** Those of `digests` that must still be uploaded, each once. The others are kept for another grace. */
  missingBlobs(digests: readonly Digest[]): Promise<Digest[]>;
  /** Stores a blob, checked against its digest while it is written; durable when this returns. Repeatable. */
  putBlob(digest: Digest, content: Readable): Promise<void>;
  openBlob(digest: Digest): Promise<Readable>;
  /** What an image is made of for any platform, as far as what is here tells; its own digest at least. */
  blobsOf(imageDigest: Digest): Promise<ReadonlySet<Digest>>;
  /** The digest that a reference names now: its own, or the registry's answer for a tag; of an index where there is one. */
  locate(reference: ImageReference, access: RegistryAccess, signal?: AbortSignal): Promise<Digest>;
  /** Whether all that the image needs to run here is stored. */
  hasImage(imageDigest: Digest): Promise<boolean>;
  /** Brings what this host lacks of an image; calls for the same image share one pull. Nothing to do: returns at once. */
  pull(
    reference: RegistryReference,
    imageDigest: Digest,
    access: RegistryAccess,
    wait?: ImageWait,
  ): Promise<void>;
  /** Brings what this host lacks of an image that was uploaded to the cluster; shared like a pull. @throws `image-missing` */
  bring(imageDigest: Digest, wait?: ImageWait): Promise<void>;
  /** How the image wants to be run. @param imageDigest of its manifest, or of an index: then of this platform's. */
  resolve(imageDigest: Digest): Promise<ImageConfig>;
  /** Makes sure that the image can run here with what is stored, which is kept for another grace. @throws `image-missing` or `image-invalid` */
  requireImage(imageDigest: Digest): Promise<void>;
  /** Makes all layers ready and gives their folders in overlayfs's order, the topmost first. Never write into them. */
  unpack(imageDigest: Digest, wait?: ImageWait): Promise<readonly string[]>;
  /**
   * Removes what belongs to no image, and unused images until all is below the bound, longest unused first.
   * @param mustBeFree bytes of the disk: for them more may go than for the bound.
   */
  collect(mustBeFree?: number): Promise<void>;
  /** Removes everything. For the end of a host's life. */
  removeAll(): Promise<void>;
}

/** Where images come from that nobody uploaded. Satisfied by `adapters/registry`. */
export interface ImageSource {
  /** The digest that a tag names now. */
  locate(reference: RegistryReference, access: RegistryAccess, signal: AbortSignal): Promise<Digest>;
  /**
   * Opens a repository to bring blobs into `folder`. Unfinished ones stay there as `HEX.partial` and are gone on with.
   * The signal ends it at once; so does `close`.
   */
  open(
    reference: RegistryReference,
    access: RegistryAccess,
    folder: string,
    signal: AbortSignal,
  ): Promise<ImageTransfer>;
}

/** Each brings one file whose content matches the digest, and gives its path. Several may be under way at once. */
export interface ImageTransfer {
  bringManifest(digest: Digest): Promise<string>;
  /** @param onBytes how many are here, those of an earlier try too. */
  bringBlob(digest: Digest, size: number, onBytes: (bytes: number) => void): Promise<string>;
  close(): void;
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
