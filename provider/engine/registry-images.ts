import {
  ConstellationError,
  type ImageQuestion,
  parseReference,
  UNKNOWN,
  type Violation,
} from "../../contract/index.ts";
import type { Completion, Connections } from "./types.ts";
import { hasUnknown, knownText, type Properties } from "./values.ts";

export interface Completed {
  readonly inputs: Properties;
  readonly violations: readonly Violation[];
}

/**
 * With `pullPolicy: always`, what the tag names now becomes an input, so that a moved tag is a visible change. Where
 * nobody can be asked, what the engine holds stays, and a warning says so.
 */
export async function resolveAlways(
  inputs: Properties,
  about: Completion,
  connections: Connections,
): Promise<Completed> {
  const unchanged = { inputs, violations: [] };
  const question = questionOf(inputs, about.place);
  if (question === undefined) return unchanged;
  const held = about.old.image === inputs.image ? knownText(about.old.imageDigest) : undefined;
  const kept = held === undefined ? unchanged : { inputs: { ...inputs, imageDigest: held }, violations: [] };
  if (about.place.cluster === UNKNOWN) return kept;
  try {
    const { client } = await connections.to(knownText(about.place.cluster));
    const imageDigest = await client.resolveImage(question);
    return { inputs: { ...inputs, imageDigest }, violations: [] };
  } catch (error) {
    if (!(error instanceof ConstellationError)) throw error;
    switch (error.code) {
      case "image-unreachable":
        about.warn(`image not checked: ${error.message}${held === undefined ? "" : `; keeping ${held}`}`);
        return kept;
      case "image-missing":
      case "invalid":
        return { inputs, violations: [{ path: "image", reason: error.message }] };
      case "image-denied":
      case "not-found":
        // The same run may change the Secret: the write finds out, and its preview says what it cannot know.
        if (question.imageCredentials !== undefined) return unchanged;
        return { inputs, violations: [{ path: "image", reason: error.message }] };
      default:
        return kept; // The cluster does not answer; the calls after this one say so.
    }
  }
}

/** Undefined where nobody has to be asked, or not all of the question is known. */
function questionOf(inputs: Properties, { namespace }: Properties): ImageQuestion | undefined {
  const { pullPolicy, imageDigest, imageCredentials } = inputs;
  const image = knownText(inputs.image);
  if (pullPolicy !== "always" || image === undefined || imageDigest !== undefined) return undefined;
  if (hasUnknown(imageCredentials) || typeof namespace !== "string") return undefined;
  const reference = referenceOf(image);
  if (reference?.kind !== "registry" || reference.digest !== undefined) return undefined;
  return {
    namespace,
    image,
    ...(imageCredentials !== undefined && {
      imageCredentials: imageCredentials as ImageQuestion["imageCredentials"],
    }),
  };
}

function referenceOf(image: string) {
  try {
    return parseReference(image);
  } catch {
    return undefined; // The check says what is wrong with it.
  }
}
