import type { Readable } from "node:stream";
import type { Digest } from "../../contract/index.ts";

/** Blobs that this server keeps. */
export interface OwnBlobs {
  missingBlobs(digests: readonly Digest[]): Promise<readonly string[]>;
  putBlob(digest: Digest, content: Readable): Promise<void>;
  openBlob(digest: Digest): Promise<Readable>;
}

/** Another server that answers; each call rejects where it does not, or cannot. */
export interface OtherBlobs {
  /** Its name. */
  readonly server: string;
  missing(digests: readonly Digest[]): Promise<readonly string[]>;
  put(digest: Digest, content: Readable): Promise<void>;
  open(digest: Digest, signal: AbortSignal): Promise<Readable>;
}

export interface CopiesPorts {
  /** This server's name. */
  readonly self: string;
  readonly own: OwnBlobs;
  /** Those that are reached now, in any order. */
  readonly others: () => readonly OtherBlobs[];
  /** Whether no other server keeps the state by now: one that is joining takes no copy yet. Rejects where nobody knows. */
  readonly isAlone: () => Promise<boolean>;
}
