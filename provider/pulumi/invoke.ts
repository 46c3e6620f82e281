import { type Client, ConstellationError } from "../../contract/index.ts";
import { knownText, type Properties } from "../engine/values.ts";
import { type InvokeRequest, type InvokeResponse, protocol } from "./protocol.ts";
import type { Provider } from "./provider.ts";
import { close, open } from "./wire.ts";

/** Live facts, which never enter an engine's state. */
const functions: Record<
  string,
  (client: Client, args: { namespace: string; args: Properties }) => Promise<Properties>
> = {
  "constellation:index:getService": async (client, { namespace, args }) => {
    const name = String(args.name);
    const document = await client.getDocument({ namespace, plural: "services", name });
    if (document === undefined)
      throw new ConstellationError(
        "not-found",
        `get service ${namespace}/${name}: there is none; constellation services lists them`,
      );
    const { status, outputs, revision } = document;
    const healthy = (status?.instances ?? []).filter((instance) => instance.healthy).length;
    return {
      ...outputs,
      namespace,
      name,
      revision,
      wanted: status?.wanted ?? 0,
      healthy,
      instances: status?.instances ?? [],
    };
  },
  "constellation:index:getInstances": async (client, { namespace, args }) => {
    const service = knownText(args.service);
    const filter = args.namespace === undefined && service === undefined ? {} : { namespace };
    return {
      instances: await client.listInstances({ ...filter, ...(service === undefined ? {} : { service }) }),
    };
  },
  "constellation:index:getHosts": async (client) => ({ hosts: await client.listHosts() }),
};

export async function invoke(request: InvokeRequest, provider: Provider): Promise<InvokeResponse> {
  const found = functions[request.getTok()];
  if (found === undefined) {
    throw new ConstellationError(
      "unknown-kind",
      `call ${request.getTok()}: version ${provider.version} of this provider has no such function`,
    );
  }
  const args = open(request.getArgs()).value;
  const { client } = await provider.connections.to(knownText(args.cluster));
  const result = await found(client, {
    namespace: knownText(args.namespace) ?? provider.config.namespace,
    args,
  });
  const response = new protocol.InvokeResponse();
  response.setReturn(close({ value: result, secretPaths: new Set() }));
  return response;
}
