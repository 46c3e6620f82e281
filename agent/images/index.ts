/**
 * The container images of this host: blobs by digest, and layers unpacked once, shared by all that use them.
 *
 * Invariant: what has its final name is whole and matches its digest; a crash leaves only files in `temp`, which the
 * next start removes, and unfinished downloads, which are gone on with. Layers are unpacked by a child process with few rights, confined to the layer's folder.
 * What no instance
 * needs stays while there is room. It does not mount anything, choose images for instances, or talk to registries: an
 * ImageSource does.
 */
export { type CredentialUse, registryAccess } from "./access.ts";
export { type ImagesOptions, openImages } from "./images.ts";
export { noRegistry } from "./no-registry.ts";
export { shareImages } from "./shared.ts";
export type {
  ImageProgress,
  ImageSource,
  Images,
  ImageWait,
  LayerFiles,
  RegistryAccess,
  RegistryCredentials,
  RegistrySettings,
  TreeFiles,
} from "./types.ts";
export { unpackMain } from "./unpack/index.ts";
