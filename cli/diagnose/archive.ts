import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { redact } from "./redact.ts";
import type { Collected } from "./types.ts";

const bounds = {
  /** Of one file, in characters: its end is kept. */
  fileLength: 4 * 1024 * 1024,
  /** Of all together. */
  totalLength: 64 * 1024 * 1024,
} as const;

/** What a report says of itself: first in the archive. */
export interface Manifest {
  readonly at: string;
  readonly command: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly note?: string }[];
  /** What could not be had, and why. */
  readonly failed: readonly { readonly name: string; readonly failure: string }[];
  /** What is never in one. */
  readonly leftOut: readonly string[];
}

/** A gzipped tar archive in a folder of its own; everything passes the filter for secrets once more. */
export async function archive(
  folder: string,
  collected: readonly Collected[],
  about: { readonly at: string; readonly command: string; readonly leftOut: readonly string[] },
): Promise<{ readonly bytes: Buffer; readonly manifest: Manifest }> {
  let room: number = bounds.totalLength;
  const files = collected.flatMap((one) => {
    if ("failure" in one) return [];
    const clean = redact(one.text);
    const text = clean.slice(-Math.min(bounds.fileLength, Math.max(room, 1)));
    room -= text.length;
    const cut = clean.length - text.length;
    const notes = [
      ...(one.note ? [one.note] : []),
      ...(cut > 0 ? [`without its first ${cut} characters`] : []),
    ];
    return [{ name: one.name, text, ...(notes.length > 0 && { note: notes.join("; ") }) }];
  });
  const manifest: Manifest = {
    ...about,
    files: files.map(({ text, ...file }) => ({ ...file, bytes: Buffer.byteLength(text) })),
    failed: collected.flatMap((one) =>
      "failure" in one ? [{ name: one.name, failure: redact(one.failure) }] : [],
    ),
  };
  const tar = pack();
  const mtime = new Date(about.at);
  const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
  for (const { name, text } of [{ name: "manifest.json", text: manifestText }, ...files])
    tar.entry({ name: `${folder}/${name}`, mode: 0o600, mtime }, text);
  tar.finalize();
  return { bytes: await buffer(tar.pipe(createGzip())), manifest };
}
