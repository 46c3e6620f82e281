import type { Document, ServiceStatus } from "../../contract/index.ts";
import { digestsOnly } from "../secrets/index.ts";
import type { Desired } from "../store/index.ts";

/** A stored document as the API answers it: no secrets, with its etag and live state. */
export function answerOf(desired: Desired, etag: number, status: ServiceStatus | undefined): Document {
  const { by: _, inputs, ...rest } = desired;
  return { ...rest, inputs: digestsOnly(inputs), ...(status && { status }), etag: String(etag) };
}
