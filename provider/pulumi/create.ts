import { type CreateRequest, type CreateResponse, protocol } from "./protocol.ts";
import { callOf, type Provider, stateOf, subjectOf } from "./provider.ts";
import { open } from "./wire.ts";

export async function create(request: CreateRequest, provider: Provider): Promise<CreateResponse> {
  const { resource, operations } = subjectOf(request.getUrn(), provider);
  const inputs = open(request.getProperties());
  const call = callOf(request.getUrn(), request.getTimeout(), provider);
  const response = new protocol.CreateResponse();
  if (request.getPreview()) {
    const outputs = await operations.previewCreate(inputs, call);
    response.setProperties(stateOf({ inputs, outputs }, resource));
    return response;
  }
  const stored = await operations.create(inputs, call);
  response.setId(stored.id);
  response.setProperties(stateOf(stored, resource));
  return response;
}
