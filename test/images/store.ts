import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach } from "@jest/globals";
import { createFileCalls } from "../../agent/adapters/libc/index.ts";
import { type Images, type ImagesOptions, noRegistry, openImages } from "../../agent/images/index.ts";
import { type CraftedEntry, type CraftedImage, type CraftOptions, imageOf, tarOf } from "./archive.ts";

export const unpackCommand = [process.execPath, join(import.meta.dirname, "unpack-child.ts")];

/** An image store in a folder of its own. */
export interface TestStore {
  readonly stateDir: string;
  readonly images: Images;
  /** What it could not do and nobody waited for. */
  readonly errors: readonly unknown[];
  /** Opens it anew, as another agent would. */
  reopen(options?: Partial<ImagesOptions>): Promise<void>;
  /** Names of what lies in one of its folders. */
  list(folder: string): string[];
  upload(image: CraftedImage): Promise<CraftedImage>;
  uploadLayers(layers: readonly (readonly CraftedEntry[])[], options?: CraftOptions): Promise<CraftedImage>;
}

/** For each test of a file: an empty store, handed to `take` before. */
export function useStore(take: (store: TestStore) => void): void {
  let stop: AbortController;
  let stateDir: string;
  beforeEach(async () => {
    stop = new AbortController();
    stateDir = await mkdtemp(join(tmpdir(), "images-"));
    take(await openStore(stateDir, stop.signal));
  });
  afterEach(async () => {
    stop.abort();
    await rm(stateDir, { recursive: true });
  });
}

async function openStore(stateDir: string, signal: AbortSignal): Promise<TestStore> {
  const errors: unknown[] = [];
  const open = (options: Partial<ImagesOptions> = {}) =>
    openImages({
      ...{ stateDir, unpackCommand, tree: createFileCalls(), source: noRegistry, signal },
      inUse: () => undefined,
      onError: (error) => void errors.push(error),
      ...options,
    });
  let images = await open();
  const store: TestStore = {
    stateDir,
    errors,
    get images() {
      return images;
    },
    async reopen(options) {
      images = await open(options);
    },
    list: (folder) => readdirSync(join(stateDir, "images", folder)),
    async upload(image) {
      for (const [digest, bytes] of image.blobs) await images.putBlob(digest, Readable.from([bytes]));
      return image;
    },
    uploadLayers: async (layers, options) =>
      await store.upload(imageOf(await Promise.all(layers.map(tarOf)), options)),
  };
  return store;
}
