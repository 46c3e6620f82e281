import { dnsLabel, UNKNOWN } from "../../contract/index.ts";
import { accessId, knownText, type Properties } from "../engine/index.ts";
import { failures } from "./failures.ts";
import type {
  CheckRequest,
  CheckResponse,
  ConfigureRequest,
  ConfigureResponse,
  DiffResponse,
} from "./protocol.ts";
import { protocol } from "./protocol.ts";
import type { Provider } from "./provider.ts";
import { close, open } from "./wire.ts";

const keys = ["cluster", "namespace"];
/** The SDK's own keys, not ours to judge. */
const foreignKeys = ["version", "pluginDownloadURL", "__internal"];

export function checkConfig(request: CheckRequest): CheckResponse {
  const news = open(request.getNews());
  const response = new protocol.CheckResponse();
  const unknown = Object.keys(news.value).filter((key) => !keys.includes(key) && !foreignKeys.includes(key));
  const found = unknown.map((path) => ({
    path,
    reason: `no such setting; the provider has ${keys.join(" and ")}`,
  }));
  const { cluster, namespace } = news.value;
  if (cluster !== undefined && cluster !== UNKNOWN && accessId(cluster) === undefined) {
    found.push({
      path: "cluster",
      reason: "is no value of Cluster.access; pass the output of a Cluster as it is",
    });
  }
  if (typeof namespace === "string" && !dnsLabel.safeParse(namespace).success) {
    found.push({
      path: "namespace",
      reason: `"${namespace}" is no DNS name; use at most 63 of a-z, 0-9 and -`,
    });
  }
  response.setFailuresList(failures(found));
  response.setInputs(
    close({
      ...news,
      secretPaths: new Set([...news.secretPaths, ...(cluster === undefined ? [] : ["cluster"])]),
    }),
  );
  return response;
}

/** No setting of the provider makes resources new: they compare the cluster's id themselves. */
export function diffConfig(): DiffResponse {
  return new protocol.DiffResponse();
}

export function configure(request: ConfigureRequest, provider: Provider): ConfigureResponse {
  const settings = request.getArgs() === undefined ? variables(request) : open(request.getArgs()).value;
  const cluster = knownText(settings.cluster);
  provider.config = {
    namespace: knownText(settings.namespace) ?? "default",
    ...(cluster === undefined ? {} : { cluster }),
  };
  const response = new protocol.ConfigureResponse();
  response.setAcceptsecrets(true);
  response.setAcceptresources(true);
  response.setAcceptoutputs(true);
  response.setSupportspreview(true);
  response.setSupportsAutonamingConfiguration(true);
  return response;
}

/** Older engines send settings as text by `constellation:config:KEY`. */
function variables(request: ConfigureRequest): Properties {
  const found: Properties = {};
  request.getVariablesMap().forEach((value: string, key: string) => {
    found[key.split(":").at(-1) ?? key] = value;
  });
  return found;
}
