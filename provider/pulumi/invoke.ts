import { type Client, ConstellationError, functions } from "../../contract/index.ts";
import { knownText, type Properties } from "../engine/index.ts";
import { type InvokeRequest, type InvokeResponse, protocol } from "./protocol.ts";
import type { Provider } from "./provider.ts";
import { close, open } from "./wire.ts";

/** How each function of the contract is answered, by name. */
const answers: Record<
  string,
  (client: Client, args: { namespace: string; args: Properties }) => Promise<Properties>
> = {
  getService: async (client, { namespace, args }) => {
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
  getInstances: async (client, { namespace, args }) => {
    const service = knownText(args.service);
    const filter = args.namespace === undefined && service === undefined ? {} : { namespace };
    return {
      instances: await client.listInstances({ ...filter, ...(service === undefined ? {} : { service }) }),
    };
  },
  getHosts: async (client) => ({ hosts: await client.listHosts() }),
};

export async function invoke(request: InvokeRequest, provider: Provider): Promise<InvokeResponse> {
  const name = Object.keys(functions).find((candidate) => functions[candidate]?.token === request.getTok());
  const found = answers[name ?? ""];
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
