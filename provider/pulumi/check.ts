import {
  checkInputs,
  commonInputs,
  dnsLabel,
  type Resource,
  UNKNOWN,
  type Violation,
} from "../../contract/index.ts";
import { accessId, type Properties } from "../engine/index.ts";
import { failures } from "./failures.ts";
import { type CheckRequest, type CheckResponse, protocol } from "./protocol.ts";
import { markSecrets, nameOf, type Provider, subjectOf } from "./provider.ts";
import { close, open } from "./wire.ts";

/** Fills in names, digests and defaults, and reports every mistake at once. */
export async function check(request: CheckRequest, provider: Provider): Promise<CheckResponse> {
  const { resource, operations } = subjectOf(request.getUrn(), provider);
  const olds = open(request.getOlds()).value;
  const news = open(request.getNews());
  const [place, own] = split(news.value, resource);

  const named = nameInputs(place, olds, request, provider, resource.namespaced);
  const completed = await operations.complete(own, {
    place: named,
    old: olds,
    warn: (message) => provider.log.warn(request.getUrn(), message),
  });
  const checked = checkInputs(resource, completed.inputs, { secretPaths: news.secretPaths });
  for (const { path, reason } of checked.warnings) provider.log.warn(request.getUrn(), `${path}: ${reason}`);
  const response = new protocol.CheckResponse();
  response.setFailuresList(failures([...checkPlace(named), ...completed.violations, ...checked.violations]));
  const value = { ...checked.inputs, ...named };
  response.setInputs(close(markSecrets({ value, secretPaths: news.secretPaths }, resource)));
  return response;
}

/** Where it lives, apart from what it is. */
function split(inputs: Properties, resource: Resource): [Properties, Properties] {
  const place = new Set(commonInputs(resource).map(({ key }) => key));
  const isPlace = (key: string) => place.has(key);
  const entries = Object.entries(inputs);
  return [
    Object.fromEntries(entries.filter(([key]) => isPlace(key))),
    Object.fromEntries(entries.filter(([key]) => !isPlace(key))),
  ];
}

/**
 * The name: the program's, else the one it already has, else what the engine's explicit autonaming proposes, else
 * the logical name without a suffix, since it is a DNS name.
 */
function nameInputs(
  place: Properties,
  olds: Properties,
  request: CheckRequest,
  provider: Provider,
  namespaced: boolean,
): Properties {
  const proposed = request.getAutonaming()?.getProposedName();
  const name = place.name ?? olds.name ?? (proposed || nameOf(request.getUrn()));
  if (!namespaced) return { ...place, name };
  return { ...place, name, namespace: place.namespace ?? provider.config.namespace };
}

function checkPlace(place: Properties): Violation[] {
  const labels = (["name", "namespace"] as const).flatMap((path) => {
    const value = place[path];
    if (value === undefined || value === UNKNOWN) return [];
    const parsed = dnsLabel.safeParse(value);
    return parsed.success ? [] : [{ path, reason: parsed.error.issues[0]?.message ?? "is no DNS name" }];
  });
  const { cluster } = place;
  if (cluster === undefined || cluster === UNKNOWN || accessId(cluster) !== undefined) return labels;
  return [
    ...labels,
    { path: "cluster", reason: "is no value of Cluster.access; pass the output of a Cluster as it is" },
  ];
}
