import { type DeleteRequest, Empty } from "./protocol.ts";
import { callOf, type Provider, storedOf, subjectOf } from "./provider.ts";

/** Returns once nothing of it is left; gone already is fine. */
export async function deleteResource(request: DeleteRequest, provider: Provider) {
  const { operations } = subjectOf(request.getUrn(), provider);
  const old = storedOf(request.getId(), request.getOldInputs(), request.getProperties());
  await operations.delete(old, callOf(request.getUrn(), request.getTimeout(), provider));
  return new Empty();
}
