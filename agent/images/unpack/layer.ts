import type { UnpackLimits } from "../limits.ts";
import type { NodeFiles } from "../types.ts";
import { readBytes } from "./bytes.ts";
import { decide, type Step } from "./decide.ts";
import { type Entry, readEntries } from "./entries.ts";
import { LayerTree } from "./tree.ts";

export interface LayerReport {
  readonly entries: number;
  readonly skipped: number;
  readonly opaque: readonly string[];
  readonly implied: readonly string[];
}

/**
 * Unpacks a tar stream into `folder`, which is empty.
 * @param chunks the uncompressed archive; read to its end.
 * @throws Refusal when an entry is unsafe or a bound is passed, Error when the archive is malformed.
 */
export async function unpackLayer(
  chunks: AsyncIterable<Buffer>,
  folder: string,
  files: NodeFiles,
  limits: UnpackLimits,
): Promise<LayerReport> {
  const reader = readBytes(chunks);
  const tree = new LayerTree(folder, files, limits);
  let skipped = 0;
  for await (const entry of readEntries(reader, limits)) {
    const step = decide(entry, limits);
    if (step.kind === "skip") skipped++;
    await act(tree, step, entry);
  }
  await reader.drain();
  tree.finish();
  return { entries: tree.entries, skipped, opaque: tree.opaque, implied: tree.implied };
}

async function act(tree: LayerTree, step: Step, entry: Entry): Promise<void> {
  switch (step.kind) {
    case "file":
      return tree.addFile(step.path, entry);
    case "folder":
      return tree.addFolder(step.path, entry);
    case "fifo":
      return tree.addFifo(step.path, entry);
    case "symlink":
      return tree.addSymlink(step.path, step.target, entry);
    case "hardlink":
      return tree.addHardLink(step.path, step.target, entry);
    case "whiteout":
      return tree.hide(step.path, entry);
    case "opaque":
      return tree.hideBelow(step.path, entry);
    case "skip":
      return tree.count(entry);
  }
}
