import { protocol, type ReadRequest, type ReadResponse } from "./protocol.ts";
import { callOf, markSecrets, type Provider, stateOf, storedOf, subjectOf } from "./provider.ts";
import { close } from "./wire.ts";

/** A refresh sends what it recorded; an import sends the id alone. An empty id says that it is gone. */
export async function read(request: ReadRequest, provider: Provider): Promise<ReadResponse> {
  const { resource, operations } = subjectOf(request.getUrn(), provider);
  const recorded = (request.getInputs()?.getFieldsMap().getLength() ?? 0) > 0;
  const old = recorded ? storedOf(request.getId(), request.getInputs(), request.getProperties()) : undefined;
  if (old === undefined) provider.run.imported.add(request.getUrn());
  const found = await operations.read(
    request.getId(),
    old,
    callOf(request.getUrn(), request.getTimeout(), provider),
  );
  const response = new protocol.ReadResponse();
  if (found === undefined) return response;
  response.setId(found.id);
  response.setInputs(close(markSecrets(found.inputs, resource)));
  response.setProperties(stateOf(found, resource));
  return response;
}
