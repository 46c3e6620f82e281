import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConstellationError } from "../errors.ts";
import { openDockerArchive } from "./docker-archive.ts";
import { type Platform, thisPlatform } from "./documents.ts";
import { type Files, folderFiles, tarFiles } from "./files.ts";
import { openLayout } from "./layout.ts";
import { formatReference, type LocalReference } from "./reference.ts";
import type { LocalImage } from "./types.ts";

/**
 * Opens an image in an OCI layout or a docker archive. Reads the documents, and of an archive in Docker's own
 * format every layer too, to hash it; layers of a layout are hashed by whom they are uploaded to.
 * @param baseDir what the reference's path is relative to: the folder of the user's program.
 * @throws ConstellationError `image-missing` (no such file, tag or platform) or `image-invalid` (not readable).
 */
export async function openLocalImage(
  reference: LocalReference,
  baseDir: string,
  platform: Platform = thisPlatform(),
): Promise<LocalImage> {
  const name = formatReference(reference);
  const path = resolve(baseDir, reference.path);
  const files = await openFiles(reference, path, name);
  if ((await files.size("index.json")) !== undefined) return openLayout(files, name, reference.tag, platform);
  if (reference.kind === "docker-archive") return openDockerArchive(files, name, reference.tag);
  throw missing(`open image ${name}: ${path} has no index.json; name a folder of the OCI image layout`);
}

async function openFiles(reference: LocalReference, path: string, name: string): Promise<Files> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const problem =
      cause.code === "ENOENT" ? `${path} does not exist` : `${path} cannot be read (${cause.code})`;
    throw new ConstellationError(
      "image-missing",
      `open image ${name}: ${problem}; build the image or check the path`,
      { cause },
    );
  });
  if (reference.kind === "oci") {
    if (!found.isDirectory())
      throw missing(`open image ${name}: ${path} is a file; write docker-archive: for a tar archive`);
    return folderFiles(path);
  }
  if (found.isDirectory())
    throw missing(`open image ${name}: ${path} is a folder; write oci: for an OCI image layout`);
  return tarFiles(path);
}

function missing(message: string): ConstellationError {
  return new ConstellationError("image-missing", message);
}
