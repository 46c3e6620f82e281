import { parseReference } from "../../contract/images/index.ts";
import { type Digest, isDigest } from "../../contract/index.ts";
import { families, type Reader } from "../store/index.ts";

interface Used {
  readonly digest: Digest;
  /** As its service names it. */
  readonly image: string;
}

/** Images that services run or may go back to. */
function imagesIn(store: Reader): Used[] {
  const run = store
    .list(families.spec)
    .map(({ record: { imageDigest, inputs } }) => ({ digest: imageDigest, image: String(inputs.image) }));
  const wanted = store
    .list(families.desired)
    .map(({ record: { outputs, inputs } }) => ({ digest: outputs.imageDigest, image: String(inputs.image) }));
  return [...run, ...wanted].flatMap(({ digest, image }) =>
    typeof digest === "string" && isDigest(digest) ? [{ digest, image }] : [],
  );
}

/** Their digests. */
export function imagesInUse(store: Reader): ReadonlySet<Digest> {
  return new Set(imagesIn(store).map(({ digest }) => digest));
}

/** Of those that no registry has: they are where somebody uploaded them. */
export function uploadsInUse(store: Reader): Digest[] {
  const uploads = imagesIn(store).filter(({ image }) => parseReference(image).kind !== "registry");
  return [...new Set(uploads.map(({ digest }) => digest))];
}
