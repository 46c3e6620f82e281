import { ConstellationError } from "../errors.ts";
import { type Descriptor, mediaTypes, type Platform } from "./documents.ts";

/** What an architecture's images are when no variant is named; its machines all run these. */
const baselines: Readonly<Record<string, string>> = { amd64: "v1", arm64: "v8" };

export const isIndex = (mediaType: string) => mediaTypes.index.some((each) => each === mediaType);
export const isManifest = (mediaType: string) => mediaTypes.manifest.some((each) => each === mediaType);

/**
 * The part of an index that runs on a platform: its own, else one that names no platform.
 * @param action begins the error: `open image oci:web`.
 * @throws ConstellationError `image-invalid`, naming the platforms that there are.
 */
export function pickPlatform(
  candidates: readonly Descriptor[],
  wanted: Platform,
  action: string,
): Descriptor {
  const images = candidates.filter(({ mediaType }) => isIndex(mediaType) || isManifest(mediaType));
  const found =
    images.find(({ platform }) => platform && isPlatform(platform, wanted)) ??
    images.find(({ platform }) => !platform);
  if (found) return found;
  const name = `${wanted.os}/${wanted.architecture}`;
  const there = [...new Set(images.flatMap(({ platform }) => (platform ? [nameOf(platform)] : [])))]
    .filter((each) => !each.startsWith("unknown/")) // attestations: no images at all
    .sort();
  throw new ConstellationError(
    "image-invalid",
    `${action}: not built for ${name}, only for ${there.join(", ") || "nothing"}; build it for ${name}`,
  );
}

function isPlatform(offered: Platform, wanted: Platform): boolean {
  if (offered.os !== wanted.os || offered.architecture !== wanted.architecture) return false;
  const baseline = baselines[offered.architecture];
  return baseline === undefined || (offered.variant || baseline) === baseline;
}

function nameOf({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join("/");
}
