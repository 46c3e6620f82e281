import type { Digest } from "../../contract/index.ts";
import type { Images } from "./types.ts";

/** Images as all servers have them: what this one lacks, it brings from another. */
export function shareImages<I extends Pick<Images, "hasImage" | "requireImage" | "blobsOf" | "bring">>(
  own: I,
  isAlone: () => boolean,
): I {
  const ensure = async (image: Digest) => {
    if (!isAlone() && !(await own.hasImage(image))) await own.bring(image);
  };
  return {
    ...own,
    async requireImage(image: Digest) {
      // Why it cannot be brought is less than what it lacks here.
      await ensure(image).catch(() => undefined);
      await own.requireImage(image);
    },
    async blobsOf(image: Digest) {
      await ensure(image).catch(() => undefined);
      return await own.blobsOf(image);
    },
  };
}
