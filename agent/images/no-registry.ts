import { ConstellationError, formatReference, type RegistryReference } from "../../contract/index.ts";
import type { ImageSource } from "./types.ts";

/** The source of an agent that cannot pull: the error says what works instead. */
export const noRegistry: ImageSource = {
  locate: async (reference) => refuse(reference),
  open: async (reference) => refuse(reference),
};

function refuse(reference: RegistryReference): never {
  throw new ConstellationError(
    "image-missing",
    `pull image ${formatReference(reference)}: this agent cannot pull from ${reference.registry}; use an oci: layout or a docker-archive:`,
  );
}
