import {
  ConstellationError,
  type Digest,
  formatReference,
  type RegistryReference,
} from "../../contract/index.ts";
import type { Images, RegistryAccess } from "../images/index.ts";
import { digestOf } from "../lib/digest.ts";
import { createGate } from "../lib/gate.ts";

const bounds = {
  /** How long a registry may take to say what a tag names: below the time that one request of the API may take. */
  answerMs: 20_000,
  /** Each question is a process of some ten megabytes for some ten milliseconds. */
  atOnce: 8,
} as const;

/** Asks a registry what a reference names now. Fails as `Images.locate` does, and in time. */
export type Locate = (reference: RegistryReference, access: RegistryAccess) => Promise<Digest>;

/** Of equal questions at the same time one is asked: a program has many services of one image. */
export function createLocate(images: Pick<Images, "locate">): Locate {
  const gate = createGate(bounds.atOnce);
  const underWay = new Map<string, Promise<Digest>>();
  // The wait for a turn counts: who came before has given up by then.
  const ask = (reference: RegistryReference, access: RegistryAccess, late: AbortSignal) =>
    gate(async () => {
      late.throwIfAborted();
      return await images.locate(reference, access, late);
    });
  return (reference, access) => {
    const question = digestOf({ reference, access });
    const asked = underWay.get(question) ?? inTime(reference, (late) => ask(reference, access, late));
    underWay.set(question, asked);
    return asked.finally(() => underWay.delete(question));
  };
}

async function inTime(
  reference: RegistryReference,
  ask: (late: AbortSignal) => Promise<Digest>,
): Promise<Digest> {
  const late = AbortSignal.timeout(bounds.answerMs);
  try {
    return await ask(late);
  } catch (error) {
    if (!late.aborted) throw error;
    throw new ConstellationError(
      "image-unreachable",
      `find image ${formatReference(reference)}: no answer within ${bounds.answerMs / 1_000} s; try again`,
      { cause: error },
    );
  }
}
