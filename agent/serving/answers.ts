import { ConstellationError, type Info, type Instance } from "../../contract/index.ts";
import type { ApiPorts } from "../api/index.ts";
import { type Clusters, type Member, membersOf } from "../cluster/index.ts";
import type { HostWatch } from "../hosts/index.ts";
import { createHiding, type Sealer, SecretText } from "../secrets/index.ts";
import {
  explain,
  hostsOf,
  type ImagePorts,
  instancesOf,
  type Outlook,
  type Progress,
  resolveImage,
  secretTextsOf,
} from "../services/index.ts";
import type { Store } from "../store/index.ts";
import { reachAnywhere } from "./anywhere.ts";
import type { Members } from "./members.ts";

export interface AnswersOptions extends Pick<ApiPorts, "clusters" | "documents" | "feed" | "blobs"> {
  readonly version: string;
  /** This machine's name. */
  readonly self: string;
  readonly store: Store;
  readonly clusters: Clusters;
  readonly sealer: Sealer;
  readonly watch: HostWatch;
  readonly outlook: Outlook;
  /** How long exclusive instances may go on. */
  readonly remainingMs: (id: string) => number;
  readonly progress: Progress;
  readonly images: ImagePorts;
  readonly members: Members;
  readonly startedAt: Date;
}

/** Counts changes of the model that a client must know about. */
const modelVersion = 1;

/** The first of the records that cannot be read; the log has all. */
const unreadableShown = 20;

/** What the API answers with. @param here this machine's own half. */
export function answersOf(options: AnswersOptions, here: Pick<ApiPorts, "access" | "stats">): ApiPorts {
  const { self, store, sealer, watch, outlook, progress, members } = options;
  const { clusters, documents, feed, blobs } = options;
  const instances = instanceQueries(() => progress.upon(instancesOf(store)));
  return {
    ...{ clusters, documents, feed, instances, blobs },
    ...reachAnywhere({
      ...{ self, here, reach: members.reach, instance: instances.get },
      ready: () => [...membersOf(store).values()].filter(isReady).map(({ name }) => name),
    }),
    hosts: { ...members.hosts, list: () => hostsOf(store, watch.conditionOf, watch.skewOf) },
    servers: members.servers,
    explain: (service) => explain(store, outlook, service, watch.conditionOf, options.remainingMs),
    info: () => infoOf(options),
    resolveImage: (question) => resolveImage(question, options.images),
    hideSecretsOf: (id) => createHiding(secretTextsOf(store, sealer, id)),
    secretDigest: (text) => sealer.digest(new SecretText(text)),
  };
}

const isReady = ({ state }: Member) => state === "ready";

function infoOf({ version, self, clusters, store, members, startedAt }: AnswersOptions): Info {
  const unheard = members.listening.trouble();
  const clusterId = clusters.find()?.id ?? null;
  const unreadable = store.unreadable().slice(0, unreadableShown);
  return {
    ...{ version, model: modelVersion, clusterId, host: self, pid: process.pid },
    startedAt: startedAt.toISOString(),
    ...(unheard !== undefined && { unheard }),
    ...(unreadable.length > 0 && { unreadable: unreadable.map(({ key }) => key) }),
  };
}

function instanceQueries(all: () => Instance[]): ApiPorts["instances"] {
  return {
    list: ({ namespace, service }) =>
      all().filter(
        (instance) =>
          (namespace === undefined || instance.namespace === namespace) &&
          (service === undefined || instance.service === service),
      ),
    get(id) {
      const found = all().find((instance) => instance.id === id);
      if (found) return found;
      throw new ConstellationError(
        "not-found",
        `find instance ${id}: there is none; list instances for their ids`,
      );
    },
  };
}
