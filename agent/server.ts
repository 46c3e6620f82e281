import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import {
  type AgentPaths,
  ConstellationError,
  type Digest,
  type DocumentKind,
  type Info,
  type Instance,
  quantityBytes,
} from "../contract/index.ts";
import { reachAnywhere } from "./anywhere.ts";
import { type ApiPorts, createHandlers, type Peer, serve } from "./api/index.ts";
import { type Clusters, createClusters, type LocalRange, type Member, membersOf } from "./cluster/index.ts";
import { createCopies, keepCopies } from "./copies/index.ts";
import { createDocuments, type KindFeature } from "./documents/index.ts";
import { createFeed } from "./events/index.ts";
import { type Confirmation, createGrants, createProofs, createRelay, type Holds } from "./fence/index.ts";
import { watchHosts, withStates } from "./hosts/index.ts";
import type { Images } from "./images/index.ts";
import { imagesInUse, uploadsInUse } from "./images-in-use.ts";
import { asLeader, followLeadership, type Standing } from "./leader/index.ts";
import { admitMembers } from "./members.ts";
import { networkFeature } from "./networks/index.ts";
import type { OwnServers } from "./new-servers.ts";
import { followOtherServers, otherServersRoutes } from "./other-servers.ts";
import { ownFolders } from "./own-folders.ts";
import type { Reachable } from "./reach/index.ts";
import { createHiding, createSealer, loadSecretKeys, SecretText } from "./secrets/index.ts";
import { hasOtherVoters } from "./servers/index.ts";
import {
  createLocate,
  createProgress,
  createServiceFeature,
  explain,
  hostsOf,
  instancesOf,
  leadServices,
  observedInstances,
  type PortProbe,
  resolveImage,
  secretTextsOf,
} from "./services/index.ts";
import { createAssignments, createLocalSession, type HostSession } from "./session/index.ts";
import { families, type KeyValues, keys, openStore, type Store } from "./store/index.ts";

export interface ServerOptions {
  readonly paths: AgentPaths;
  /** This machine's name in the cluster, a DNS label. */
  readonly hostName: string;
  readonly version: string;
  readonly keyValues: KeyValues & { status(): Promise<Standing> };
  readonly servers: OwnServers;
  readonly portProbe: PortProbe;
  /** Milliseconds on the boot clock. */
  readonly bootClock: () => number;
  /** Whether this machine's disk is full. */
  readonly isDiskFull: () => boolean;
  /** Another server has answered a heartbeat of this machine, and says what may go on here. */
  readonly onHeard: Holds["heard"];
  /** The networks this machine is in, but for the cluster's own. */
  readonly localRanges: () => readonly LocalRange[];
  readonly readPeer: (socket: Socket) => Peer;
  readonly images: Pick<
    Images,
    "locate" | "hasImage" | "requireImage" | "openBlob" | "blobsOf" | "missingBlobs" | "putBlob" | "bring"
  >;
  readonly log: Logger;
  /** Ends everything; `running` resolves then. */
  readonly signal: AbortSignal;
}

export interface Server {
  /** The way of this machine's host half to the servers. */
  readonly session: HostSession;
  /** A blob that another server has. Throws `image-missing` where none has it. */
  openElsewhere(digest: Digest, signal: AbortSignal): Promise<Readable>;
  /** What this machine's own half may go on running exclusively. */
  confirm(): Confirmation | undefined;
  /** Whether it is cut off from the other servers. */
  isStranded(): boolean;
  /** Opens the API, once the host half can answer for its instances. */
  listen(own: Pick<ApiPorts, "access" | "stats">): Promise<{ close(): Promise<void> }>;
  /** Digests of the images that services run or may go back to. */
  imagesInUse(): ReadonlySet<Digest>;
  /** The most that images may take on a host's disk, where the cluster says. */
  imageBytes(): number | undefined;
  /** Rejects when the server half cannot go on. */
  readonly running: Promise<unknown>;
}

/** Counts changes of the model that a client must know about. */
const modelVersion = 1;

/** The server half of the agent: state, leader, API. Everything outside of this process comes in as a port. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { paths, hostName, keyValues, portProbe, readPeer, log, signal } = options;
  const now = () => new Date();
  const records = await openStore(keyValues, signal, ({ key, reason }) =>
    log.error({ component: "store", key, reason }, "a record cannot be read; it is left as it is"),
  );
  const clusters = createClusters(records, hostName, options.localRanges, now);
  const isFirstUse = clusters.find() === undefined;
  const sealer = createSealer(loadSecretKeys(join(paths.stateDir, "secrets.key"), { isFirstUse }));
  const feed = createFeed(records, now);
  const here = Promise.withResolvers<Reachable>();
  const others = followOtherServers({
    ...{ bootClock: options.bootClock, isDiskFull: options.isDiskFull, onHeard: options.onHeard },
    ...{ store: records, self: hostName, stateDir: paths.stateDir, here: here.promise, signal },
    log: log.child({ component: "hosts" }),
  });
  const copies = createCopies({
    ...{ own: options.images, others: others.blobs },
    isAlone: async () => !(await hasOtherVoters(options.servers)),
  });
  const images = sharedImages(options.images, others.isAlone);
  const watch = watchHosts({
    ...{ store: records, self: hostName, askOthers: others.askSilences, signal },
    isOwnDiskFull: options.isDiskFull,
    onChange({ name, state, silentMs }) {
      const message =
        state === "ready" ? "it answers" : `nothing was heard of it for ${Math.round(silentMs / 100) / 10} s`;
      log.warn({ component: "hosts", host: name, silentMs: Math.round(silentMs) }, `a host is ${state}`);
      feed.tell({ type: "host", name, state, message, at: now().toISOString() });
    },
    onDisk({ name, state, isDiskFull }) {
      const message = isDiskFull ? "its disk is full: it gets nothing new" : "its disk has room again";
      log.warn({ component: "hosts", host: name }, `of a host: ${message}`);
      feed.tell({ type: "host", name, state, message, at: now().toISOString() });
    },
  });
  const store = withStates(records, watch);
  const leadership = followLeadership({
    ...{ store: records, self: hostName, now, signal, log: log.child({ component: "leader" }) },
    standing: keyValues.status,
    isReady: watch.isAnswering,
  });
  const proofs = createProofs({
    ...{ leadership, confirm: records.confirm, now: options.bootClock, signal },
    isAlone: others.isAlone,
  });
  const grants = createGrants({ store: records, ...proofs, now: options.bootClock });
  const relay = createRelay({
    ...{ leader: leadership.leader, confirm: grants.confirm, isAwaited: grants.isAwaited },
    ...{ askLeader: others.askConfirmation, now: options.bootClock },
  });
  const outlook = leadServices(
    {
      ...{ store: asLeader(store, leadership), leadership, now },
      ...{ hostStates: watch.conditionOf, remainingMs: grants.remainingMs },
      cidrOf: (host) => store.get(families.host, keys.host(host))?.record.cidr,
      onObserved: ({ namespace, name, revision }) =>
        feed.tell({
          type: "decision",
          namespace,
          service: name,
          message: `revision ${revision} taken in`,
          at: now().toISOString(),
        }),
    },
    log.child({ component: "services" }),
    signal,
  );
  const progress = createProgress();
  const imagePorts = { store, sealer, images, locate: createLocate(images), now };
  const documents = createDocuments({
    store,
    clusters,
    sealer,
    now,
    features: {
      Network: networkFeature({ store, clusters }),
      Service: createServiceFeature({
        store,
        clusters,
        outlook,
        ports: portProbe,
        images: imagePorts,
        progress,
        hostStates: watch.conditionOf,
        closedFolders: ownFolders(paths),
      }),
    } satisfies Partial<Record<DocumentKind, KindFeature>>,
  });
  const noteProgress = (instance: Instance, message: string) => {
    progress.note(instance, message);
    const { id, namespace, service } = instance;
    feed.tell({ type: "progress", namespace, service, instance: id, message, at: now().toISOString() });
  };
  const onProgress = (instance: Instance, message: string) => {
    noteProgress(instance, message);
    others.tellProgress(instance.id, message);
  };
  const { onPlacing } = outlook;
  const assignments = createAssignments(store, sealer);
  const session = createLocalSession({ store, records, assignments, host: hostName, onPlacing, onProgress });
  const members = admitMembers({
    ...{ store, records, watch, clusters, assignments, onPlacing, onProgress, signal },
    ...{ self: hostName, servers: options.servers, stateDir: paths.stateDir },
    ...{ openBlob: images.openBlob, blobsOf: images.blobsOf, isStranded: leadership.isStranded },
    routes: otherServersRoutes({
      ...{ watch, relay, confirm: grants.confirm, blobs: options.images },
      onProgress(id, message) {
        const instance = observedInstances(store).get(id);
        if (instance) noteProgress(instance, message);
      },
    }),
    ...{ confirm: relay.confirm, remainingMs: grants.removableInMs },
    log: log.child({ component: "hosts" }),
  });
  const instances = instanceQueries(() => progress.upon(instancesOf(store)));
  const startedAt = now().toISOString();

  return {
    session,
    confirm: () => grants.confirm(hostName),
    isStranded: leadership.isStranded,
    openElsewhere: copies.openElsewhere,
    listen(own) {
      here.resolve({ ...own.access, stats: () => own.stats([]) });
      return serve({
        socket: paths.socket,
        readPeer,
        confirm: async (patienceMs) => {
          if (!others.isAlone()) await records.confirm(patienceMs);
        },
        log: log.child({ component: "api" }),
        handlers: createHandlers({
          ...{ clusters, documents, feed, instances, blobs: copies },
          ...reachAnywhere({
            ...{ self: hostName, here: own, reach: members.reach, instance: instances.get },
            ready: () => [...membersOf(store).values()].filter(isReady).map(({ name }) => name),
          }),
          hosts: { ...members.hosts, list: () => hostsOf(store, watch.conditionOf, watch.skewOf) },
          servers: members.servers,
          explain: (service) => explain(store, outlook, service, watch.conditionOf),
          info: () => infoOf(options, clusters, store, startedAt),
          resolveImage: (question) => resolveImage(question, imagePorts),
          hideSecretsOf: (id) => createHiding(secretTextsOf(store, sealer, id)),
          secretDigest: (text) => sealer.digest(new SecretText(text)),
        }),
      });
    },
    imagesInUse: () => imagesInUse(store),
    imageBytes: () => quantityBytes(clusters.find()?.imageStorage?.maxSize ?? ""),
    running: Promise.all([
      store.running,
      leadership.running,
      outlook.running,
      watch.running,
      members.running,
      keepCopies({
        ...{ copies, others, blobsOf: options.images.blobsOf, signal },
        uploads: () => uploadsInUse(store),
        log: log.child({ component: "images" }),
      }),
    ]).finally(feed.close),
  };
}

/** Images as all servers have them: what this one lacks, it brings from another. */
function sharedImages(own: ServerOptions["images"], isAlone: () => boolean): ServerOptions["images"] {
  const ensure = async (image: Digest) => {
    if (!isAlone() && !(await own.hasImage(image))) await own.bring(image);
  };
  return {
    ...own,
    async requireImage(image) {
      // Why it cannot be brought is less than what it lacks here.
      await ensure(image).catch(() => undefined);
      await own.requireImage(image);
    },
    async blobsOf(image) {
      await ensure(image).catch(() => undefined);
      return await own.blobsOf(image);
    },
  };
}

const isReady = ({ state }: Member) => state === "ready";

function infoOf(
  { version, hostName }: ServerOptions,
  clusters: Clusters,
  store: Store,
  startedAt: string,
): Info {
  const clusterId = clusters.find()?.id ?? null;
  const unreadable = store.unreadable().slice(0, unreadableShown);
  return {
    ...{ version, model: modelVersion, clusterId, host: hostName, pid: process.pid, startedAt },
    ...(unreadable.length > 0 && { unreadable: unreadable.map(({ key }) => key) }),
  };
}

/** The first of them; the log has all. */
const unreadableShown = 20;

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
