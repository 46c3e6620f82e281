import {
  type Client,
  ConstellationError,
  type LocalImage,
  parseReference,
  type Violation,
} from "../../contract/index.ts";
import { createSeenImages } from "./seen-images.ts";
import type { Call } from "./types.ts";
import { knownText, type Properties } from "./values.ts";

/** Images in files beside the program: their digests make a rebuilt one a visible change, their blobs are uploaded. */
export interface LocalImages {
  complete(inputs: Properties): Promise<{ inputs: Properties; violations: readonly Violation[] }>;
  upload(inputs: Properties, client: Client, call: Call): Promise<void>;
}

/** @param programDir what relative paths start at. */
export function createLocalImages(programDir: string): LocalImages {
  const openSeen = createSeenImages(programDir);
  const open = async (inputs: Properties): Promise<LocalImage | undefined> => {
    const text = knownText(inputs.image);
    if (text === undefined) return undefined;
    const reference = parseReference(text);
    return reference.kind === "registry" ? undefined : openSeen(reference);
  };
  return {
    async complete(inputs) {
      try {
        const image = await open(inputs);
        if (image === undefined) return { inputs, violations: [] };
        const pinned = knownText(inputs.imageDigest);
        if (pinned !== undefined && pinned !== image.digest) {
          const reason = `is ${pinned}, but ${String(inputs.image)} holds ${image.digest}; leave imageDigest out for local images`;
          return { inputs, violations: [{ path: "imageDigest", reason }] };
        }
        return { inputs: { ...inputs, imageDigest: image.digest }, violations: [] };
      } catch (error) {
        if (!(error instanceof ConstellationError)) throw error;
        return { inputs, violations: [{ path: "image", reason: error.message }] };
      }
    },
    async upload(inputs, client, call) {
      const image = await open(inputs);
      if (image === undefined) return;
      const missing = new Set(await client.missingBlobs(image.blobs.map(({ digest }) => digest)));
      const blobs = image.blobs.filter(({ digest }) => missing.has(digest));
      const total = blobs.reduce((sum, { size }) => sum + size, 0);
      let done = 0;
      for (const blob of blobs) {
        const count = (bytes: number) => {
          done += bytes;
          call.progress(
            `uploading ${String(inputs.image)} ${Math.floor((100 * done) / Math.max(total, 1))}%`,
          );
        };
        await client.putBlob(blob.digest, counted(blob.open(), count, call.signal), blob.size);
      }
    },
  };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
  signal: AbortSignal,
) {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    count(chunk.length);
    yield chunk;
  }
}
