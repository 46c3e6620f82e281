import { protocol, type UpdateRequest, type UpdateResponse } from "./protocol.ts";
import { callOf, type Provider, stateOf, storedOf, subjectOf } from "./provider.ts";
import { open } from "./wire.ts";

export async function update(request: UpdateRequest, provider: Provider): Promise<UpdateResponse> {
  const { resource, operations } = subjectOf(request.getUrn(), provider);
  const old = storedOf(request.getId(), request.getOldInputs(), request.getOlds());
  const inputs = open(request.getNews());
  const call = callOf(request.getUrn(), request.getTimeout(), provider);
  const response = new protocol.UpdateResponse();
  const state = request.getPreview()
    ? { inputs, outputs: await operations.previewUpdate(old, inputs, call) }
    : await operations.update(old, inputs, call);
  response.setProperties(stateOf(state, resource));
  return response;
}
