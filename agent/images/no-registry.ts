import { ConstellationError, formatReference } from "../../contract/index.ts";
import type { ImageSource } from "./types.ts";

/** The source of an agent that cannot pull: every tag is unknown, and the error says what works instead. */
export const noRegistry: ImageSource = {
  async locate(reference) {
    const { registry } = reference;
    throw new ConstellationError(
      "image-missing",
      `pull image ${formatReference(reference)}: this agent cannot pull from ${registry}; use an oci: layout or a docker-archive:`,
    );
  },
};
