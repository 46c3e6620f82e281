/**
 * Container images as both sides see them: references, the OCI documents, and images in local files.
 *
 * Invariant: the same bytes give the same digest, on every machine and in every run.
 * It does not talk to registries, and it does not unpack: the agent's images do that.
 */
export { type Digest, digestOf, hexOf, isDigest } from "./digest.ts";
export {
  type Descriptor,
  type ImageConfig,
  type ImageHealthCheck,
  type ImageManifest,
  imageConfig,
  imageLimits,
  mediaTypes,
  type Platform,
  parseConfig,
  parseIndex,
  parseManifest,
  parseManifestOrIndex,
  requireImageManifest,
  thisPlatform,
} from "./documents.ts";
export { openLocalImage } from "./local.ts";
export { pickPlatform } from "./platform.ts";
export {
  type DockerArchiveReference,
  formatReference,
  type ImageReference,
  isRegistryHost,
  type LocalReference,
  type OciLayoutReference,
  parseReference,
  type RegistryReference,
} from "./reference.ts";
export { parsePax, parseTarHeader, type TarHeader, tarBlock, tarPadding } from "./tar.ts";
export type { LocalBlob, LocalImage } from "./types.ts";
