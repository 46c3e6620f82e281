import { createHash, randomUUID } from "node:crypto";
import { closeSync, fchmodSync, fchownSync, fstatSync, futimesSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConstellationError, type Digest, hexOf } from "../../contract/index.ts";
import { createGate } from "../lib/gate.ts";
import { syncFolder, wrapFull } from "./blobs.ts";
import { runUnpackChild, type UnpackReport } from "./child.ts";
import { imageStoreLimits } from "./limits.ts";
import type { TreeFiles } from "./types.ts";

/** A layer on top of others: what makes its unpacked folder unique. */
export interface LayerKey {
  readonly blob: Digest;
  readonly diffId: Digest;
  readonly chainId: Digest;
}

/** Unpacked layers, by chain id. A folder that is there is whole: it gets its name when all is done. */
export interface LayerStore {
  folder(key: LayerKey): string;
  has(key: LayerKey): Promise<boolean>;
  /** A layer that is there counts as new from now on, so that a collection under way leaves it alone. */
  renew(key: LayerKey): Promise<void>;
  /**
   * Unpacks a layer unless it is there; calls for the same layer share one unpacking.
   * @param below the folders of the layers underneath, the topmost first.
   */
  unpack(
    key: LayerKey,
    blobPath: string,
    below: readonly string[],
    onBytes: (bytes: number) => void,
  ): Promise<void>;
  list(): Promise<Digest[]>;
  path(chainId: Digest): string;
  /** In bytes, as unpacked. */
  size(chainId: Digest): Promise<number>;
  remove(chainId: Digest): Promise<void>;
}

export interface LayerStoreOptions {
  readonly folder: string;
  /** How large each layer is, which its folder does not tell; a file by chain id. */
  readonly sizesFolder: string;
  /** On the same filesystem. */
  readonly tempFolder: string;
  readonly command: readonly string[];
  readonly tree: TreeFiles;
  /** Ends unpacking when the agent stops. */
  readonly signal: AbortSignal;
}

/** The chain id of each layer (image-spec, config.md): its own digest hashed with all those below. */
export function layerKeys(blobs: readonly Digest[], diffIds: readonly Digest[]): LayerKey[] {
  let below: Digest | undefined;
  return diffIds.map((diffId, at) => {
    const chainId: Digest = below
      ? `sha256:${createHash("sha256").update(`${below} ${diffId}`).digest("hex")}`
      : diffId;
    below = chainId;
    return { blob: blobs[at] as Digest, diffId, chainId };
  });
}

interface Unpacking {
  readonly finished: Promise<void>;
  readonly listeners: Set<(bytes: number) => void>;
}

export function openLayerStore(options: LayerStoreOptions): LayerStore {
  const { folder, sizesFolder, tempFolder, command, tree, signal } = options;
  const underWay = new Map<Digest, Unpacking>();
  const inSlot = createGate(imageStoreLimits.unpacksAtOnce);
  const pathOf = (chainId: Digest) => join(folder, hexOf(chainId));
  const sizePath = (chainId: Digest) => join(sizesFolder, hexOf(chainId));
  const has = (chainId: Digest) => stat(pathOf(chainId)).then(() => true, absentAsFalse);

  async function unpack(
    key: LayerKey,
    blobPath: string,
    below: readonly string[],
    listeners: Unpacking["listeners"],
  ) {
    const action = `unpack layer ${key.blob}`;
    const temp = join(tempFolder, randomUUID());
    try {
      await mkdir(temp, { mode: 0o755 });
      const onBytes = (bytes: number) => {
        for (const listener of listeners) listener(bytes);
      };
      const report = await runUnpackChild({ command, blobPath, folder: temp, action, onBytes, signal });
      if (report.diffId !== key.diffId) {
        const problem = `its content has digest ${report.diffId}, the image's config says ${key.diffId}`;
        throw new ConstellationError("image-invalid", `${action}: ${problem}; rebuild the image`);
      }
      finishFolders(temp, below, report, tree);
      await writeFile(sizePath(key.chainId), String(report.bytes), { mode: 0o600 });
      await rename(temp, pathOf(key.chainId));
      await syncFolder(folder);
    } catch (error) {
      await rm(temp, { recursive: true, force: true });
      throw wrapFull(error, action, folder);
    }
  }

  return {
    folder: (key) => pathOf(key.chainId),
    has: (key) => has(key.chainId),
    async renew({ chainId }) {
      if (!(await has(chainId))) return;
      const { mode } = await stat(pathOf(chainId));
      await chmod(pathOf(chainId), mode & 0o7777); // its own: what changes is the time of the last change of status
    },
    async unpack(key, blobPath, below, onBytes) {
      let current = underWay.get(key.chainId);
      if (!current) {
        const listeners = new Set<(bytes: number) => void>();
        const finished = inSlot(async () => {
          if (!(await has(key.chainId))) await unpack(key, blobPath, below, listeners);
        }).finally(() => underWay.delete(key.chainId));
        current = { finished, listeners };
        underWay.set(key.chainId, current);
      }
      current.listeners.add(onBytes);
      await current.finished;
    },
    async list() {
      return (await readdir(folder)).map((name): Digest => `sha256:${name}`);
    },
    path: pathOf,
    async size(chainId) {
      return Number(await readFile(sizePath(chainId), "utf8").catch(() => 0)); // lost: it counts as nothing
    },
    async remove(chainId) {
      const temp = join(tempFolder, randomUUID());
      await rename(pathOf(chainId), temp);
      await rm(sizePath(chainId), { force: true });
      await rm(temp, { recursive: true, force: true });
    },
  };
}

/**
 * What the unpacking child may not or cannot do: mark opaque folders (`trusted.` attributes ask for CAP_SYS_ADMIN),
 * and give folders that the archive only implies the look they have in the layers below, which it cannot see.
 */
function finishFolders(root: string, below: readonly string[], report: UnpackReport, tree: TreeFiles): void {
  for (const path of report.implied) copyLook(root, below, bytesOf(path), tree);
  for (const path of report.opaque) {
    withFolder(tree, root, bytesOf(path), (descriptor) =>
      tree.setAttributeOf(descriptor, "trusted.overlay.opaque", Buffer.from("y")),
    );
  }
}

/** The report's names are latin1 text; the root's is empty. */
function bytesOf(path: string): Buffer {
  return Buffer.from(path || ".", "latin1");
}

function copyLook(root: string, below: readonly string[], path: Buffer, tree: TreeFiles): void {
  for (const lower of below) {
    const look = lookOf(tree, lower, path);
    if (look === "hidden") return;
    if (look === undefined) continue;
    withFolder(tree, root, path, (descriptor) => {
      fchownSync(descriptor, look.uid, look.gid);
      fchmodSync(descriptor, look.mode & 0o7777);
      futimesSync(descriptor, look.mtime, look.mtime);
    });
    return;
  }
}

/** `hidden`: the layer has something there that is no folder, so what lies below it does not count. */
function lookOf(tree: TreeFiles, lower: string, path: Buffer) {
  try {
    return withFolder(tree, lower, path, (descriptor) => fstatSync(descriptor));
  } catch (error) {
    if (["ENOTDIR", "ELOOP"].includes((error as NodeJS.ErrnoException).code ?? "")) return "hidden";
    throw error;
  }
}

function withFolder<T>(
  tree: TreeFiles,
  root: string,
  path: Buffer,
  use: (descriptor: number) => T,
): T | undefined {
  const descriptor = tree.openFolder(root, path);
  if (descriptor === undefined) return undefined;
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function absentAsFalse(error: NodeJS.ErrnoException): false {
  if (error.code === "ENOENT") return false;
  throw error;
}
