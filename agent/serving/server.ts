import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Logger } from "pino";
import { type AgentPaths, type Digest, type Instance, quantityBytes } from "../../contract/index.ts";
import { type ApiPorts, createHandlers, type Peer, serve } from "../api/index.ts";
import { createClusters, type LocalRange } from "../cluster/index.ts";
import { createCopies, createHandOver, keepCopies } from "../copies/index.ts";
import { createDocuments } from "../documents/index.ts";
import { createFeed } from "../events/index.ts";
import type { Confirmation, Holds } from "../fence/index.ts";
import { watchHosts, withStates } from "../hosts/index.ts";
import { type Images, shareImages } from "../images/index.ts";
import { asLeader, type Standing } from "../leader/index.ts";
import { ownFolders } from "../own-folders.ts";
import type { Reachable } from "../reach/index.ts";
import { createSealer, loadSecretKeys } from "../secrets/index.ts";
import { hasOtherVoters } from "../servers/index.ts";
import {
  createLocate,
  createProgress,
  leadServices,
  observedInstances,
  type PortProbe,
} from "../services/index.ts";
import { createAssignments, createLocalSession, type HostSession } from "../session/index.ts";
import { families, type KeyValues, keys, openStore } from "../store/index.ts";
import { answersOf } from "./answers.ts";
import { imagesInUse, uploadsInUse } from "./images-in-use.ts";
import { kindFeatures } from "./kinds.ts";
import { followLead } from "./lead.ts";
import { admitMembers } from "./members.ts";
import type { OwnServers } from "./new-servers.ts";
import { followOtherServers, otherServersRoutes } from "./other-servers.ts";
import { createTelling } from "./telling.ts";

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

/** The server half of the agent: state, leader, API. Everything outside of this process comes in as a port. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { paths, hostName, keyValues, servers, bootClock, isDiskFull, log, signal } = options;
  const { stateDir } = paths;
  const now = () => new Date();
  const startedAt = now();
  const records = await openStore(keyValues, signal, ({ key, reason }) =>
    log.error({ component: "store", key, reason }, "a record cannot be read; it is left as it is"),
  );
  const clusters = createClusters(records, hostName, options.localRanges, now);
  const isFirstUse = clusters.find() === undefined;
  const sealer = createSealer(loadSecretKeys(join(stateDir, "secrets.key"), { isFirstUse }));
  const feed = createFeed(records, now);
  const hostLog = log.child({ component: "hosts" });
  const telling = createTelling(feed, now, hostLog);

  const here = Promise.withResolvers<Reachable>();
  const others = followOtherServers({
    ...{ store: records, self: hostName, stateDir, here: here.promise, log: hostLog, signal },
    ...{ bootClock, isDiskFull, onHeard: options.onHeard },
  });
  const watch = watchHosts({
    ...{ store: records, self: hostName, askOthers: others.askSilences, isOwnDiskFull: isDiskFull, signal },
    ...{ onChange: telling.onChange, onDisk: telling.onDisk },
  });
  const store = withStates(records, watch);
  const { leadership, grants, relay } = followLead({
    ...{ records, self: hostName, others, watch, standing: keyValues.status, now, bootClock, signal },
    log: log.child({ component: "leader" }),
  });
  const outlook = leadServices(
    {
      ...{ store: asLeader(store, leadership), leadership, now, onObserved: telling.onObserved },
      ...{ hostStates: watch.conditionOf, remainingMs: grants.remainingMs },
      cidrOf: (host) => store.get(families.host, keys.host(host))?.record.cidr,
    },
    log.child({ component: "services" }),
    signal,
  );
  const { onPlacing } = outlook;

  const copies = createCopies({
    ...{ self: hostName, own: options.images, others: others.blobs },
    isAlone: async () => !(await hasOtherVoters(servers)),
  });
  const shared = shareImages(options.images, others.isAlone);
  const images = { store, sealer, images: shared, locate: createLocate(shared), now };
  const progress = createProgress();
  const features = kindFeatures({
    ...{ store, clusters, outlook, images, progress, ports: options.portProbe },
    ...{ hostStates: watch.conditionOf, closedFolders: ownFolders(paths) },
  });
  const documents = createDocuments({ store, clusters, sealer, now, features });

  const noteProgress = (instance: Instance, message: string) => {
    progress.note(instance, message);
    telling.onProgress(instance, message);
  };
  const onProgress = (instance: Instance, message: string) => {
    noteProgress(instance, message);
    others.tellProgress(instance.id, message);
  };
  const assignments = createAssignments(store, sealer);
  const session = createLocalSession({ store, records, assignments, host: hostName, onPlacing, onProgress });
  const uploads = () => uploadsInUse(store);
  const members = admitMembers({
    ...{ store, records, watch, clusters, assignments, onPlacing, onProgress, log: hostLog, signal },
    ...{ self: hostName, servers, stateDir, openBlob: shared.openBlob, blobsOf: shared.blobsOf },
    ...{ confirm: relay.confirm, remainingMs: grants.removableInMs, isStranded: leadership.isStranded },
    handOver: createHandOver({ copies, uploads, blobsOf: shared.blobsOf, signal }),
    routes: otherServersRoutes({
      ...{ watch, relay, confirm: grants.confirm, blobs: options.images },
      onProgress(id, message) {
        const instance = observedInstances(store).get(id);
        if (instance) noteProgress(instance, message);
      },
    }),
  });
  const keepingCopies = keepCopies({
    ...{ copies, others, uploads, blobsOf: options.images.blobsOf, signal },
    log: log.child({ component: "images" }),
  });

  return {
    session,
    confirm: () => grants.confirm(hostName),
    isStranded: leadership.isStranded,
    openElsewhere: copies.openElsewhere,
    listen(own) {
      here.resolve({ ...own.access, stats: () => own.stats([]) });
      const answers = answersOf(
        {
          ...{ self: hostName, version: options.version, startedAt, store, clusters, documents, feed },
          ...{ sealer, watch, outlook, progress, images, members, blobs: copies },
          remainingMs: grants.remainingMs,
        },
        own,
      );
      return serve({
        ...{ socket: paths.socket, readPeer: options.readPeer, handlers: createHandlers(answers) },
        confirm: async (patienceMs) => {
          if (!others.isAlone()) await records.confirm(patienceMs);
        },
        log: log.child({ component: "api" }),
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
      keepingCopies,
    ]).finally(feed.close),
  };
}
