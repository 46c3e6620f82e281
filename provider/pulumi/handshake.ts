import type { GetSchemaResponse, ProviderHandshakeRequest, ProviderHandshakeResponse } from "./protocol.ts";
import { Empty, protocol } from "./protocol.ts";
import { newRun, type Provider } from "./provider.ts";

/** The engine's address comes here when the provider was started by hand, for a debugger. */
export function handshake(request: ProviderHandshakeRequest, provider: Provider): ProviderHandshakeResponse {
  begin(request.getEngineAddress(), provider);
  const response = new protocol.ProviderHandshakeResponse();
  response.setAcceptSecrets(true);
  response.setAcceptResources(true);
  response.setAcceptOutputs(true);
  response.setSupportsAutonamingConfiguration(true);
  return response;
}

export function attach(request: { getAddress(): string }, provider: Provider) {
  begin(request.getAddress(), provider);
  return new Empty();
}

function begin(engineAddress: string, provider: Provider): void {
  provider.log.connect(engineAddress);
  provider.run = newRun();
  provider.connections.begin();
}

export function getPluginInfo(_request: unknown, provider: Provider) {
  const response = new protocol.PluginInfo();
  response.setVersion(provider.version);
  return response;
}

export function getSchema(_request: unknown, provider: Provider): GetSchemaResponse {
  const response = new protocol.GetSchemaResponse();
  response.setSchema(provider.schema());
  return response;
}

export function getMapping() {
  return new protocol.GetMappingResponse();
}

export function getMappings() {
  return new protocol.GetMappingsResponse();
}

/** Ends every wait; what was created so far is recorded as not ready. */
export function cancel(_request: unknown, provider: Provider) {
  provider.run.cancel.abort();
  return new Empty();
}
