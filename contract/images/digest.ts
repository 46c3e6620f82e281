import { createHash } from "node:crypto";

/** A content address as OCI writes it. Only sha256 is used: no registry or builder in use makes another. */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The 64 hex digits, for use as a file name. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}
