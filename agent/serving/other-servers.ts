import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import * as z from "zod";
import { ConstellationError, type Digest, isDigest, ports } from "../../contract/index.ts";
import { otherServersIn } from "../cluster/index.ts";
import type { OtherBlobs, OwnBlobs } from "../copies/index.ts";
import { type Confirmation, confirmation, type Holds, type Relay } from "../fence/index.ts";
import type { HostWatch } from "../hosts/index.ts";
import { readCredentials } from "../identity/index.ts";
import { ask, type Call, openStream, type Peer, type Routes, readWhole } from "../link/index.ts";
import { answerReach, type Reachable } from "../reach/index.ts";
import { keepLinks, type Link, sessionPaths } from "../session/index.ts";
import { families, type HostRecord, type Store } from "../store/index.ts";

/** What servers ask each other for, by path. */
const paths = {
  silences: "/server/silences",
  confirm: "/server/confirm",
  progress: "/server/progress",
  missingBlobs: "/server/missing-blobs",
  blobs: "/server/blobs/",
} as const;

const names = z.object({ hosts: z.array(z.string().max(256)).max(10_000) });
const silences = z.object({ silentMs: z.record(z.string(), z.number()) });
const host = z.object({ host: z.string().max(256) });
const confirmed = z.object({ confirmed: confirmation.optional() });
const digests = z.object({ digests: z.array(z.string().refine(isDigest)).max(10_000) });
const progress = z.object({ instance: z.string().max(256), message: z.string().max(1_024) });

/** In bytes. */
const bodyBytes = 1024 * 1024;
/** What one blob may take on its way to another server, in milliseconds. */
const copyMs = 10 * 60_000;

export interface OtherServersOptions {
  readonly store: Store;
  readonly self: string;
  readonly stateDir: string;
  /** This machine's own half, which the others reach by the same connections. */
  readonly here: Promise<Reachable>;
  readonly bootClock: () => number;
  /** Whether this machine's disk is full. */
  readonly isDiskFull: () => boolean;
  /** One of them has answered a heartbeat, and says what may go on here. */
  readonly onHeard: Holds["heard"];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The cluster's other servers, to which this one is a host like any other. */
export interface OtherServers {
  isAlone(): boolean;
  blobs(): readonly OtherBlobs[];
  /** Calls back each time that one of them answers anew, or that there are others than before. */
  onServers(listener: () => void): void;
  /** For how long they did not hear these hosts; each answer is told as it comes. */
  askSilences(hosts: readonly string[], tell: (silences: Readonly<Record<string, number>>) => void): void;
  /** What that server, which leads, says that may go on running exclusively on a host; rejects where it does not answer in time. */
  askConfirmation(server: string, host: string, patienceMs: number): Promise<Confirmation | undefined>;
  /** Passing words of an instance whose host is connected here; lost without harm. */
  tellProgress(instance: string, message: string): void;
}

/** Keeps a link to each of them. */
export function followOtherServers(options: OtherServersOptions): OtherServers {
  const { store, self, stateDir, here, log, signal, bootClock, isDiskFull, onHeard } = options;
  const others = otherServersIn(store, self);
  const places = () => others().flatMap(placeOf);
  const nameAt = (place: string) => others().find((one) => placeOf(one).includes(place))?.name ?? place;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const links = keepLinks({
    ...{ servers: places(), bootClock, isDiskFull, onHeard },
    credentials() {
      const own = readCredentials(stateDir);
      if (own) return own;
      throw new ConstellationError("unreachable", "connect to a server: this one has no certificate yet");
    },
    serve: (session) => void here.then((reachable) => answerReach(session, reachable)),
    onChange(server, trouble) {
      if (trouble) return log.warn({ server, reason: trouble.message }, "another server cannot be reached");
      log.info({ server }, "another server answers");
      tell();
    },
    signal,
  });
  let followed = places().join();
  const unsubscribe = store.subscribe(({ changes }) => {
    if (!changes.some(({ key }) => key.startsWith(families.host.prefix))) return;
    links.follow(places());
    if (places().join() !== followed) tell();
    followed = places().join();
  });
  signal.addEventListener("abort", unsubscribe, { once: true });

  return {
    isAlone: () => others().length === 0,
    blobs: () => links.all().map((link) => blobsBehind(nameAt(link.server), link)),
    onServers: (listener) => void listeners.add(listener),
    askSilences(hosts, tell) {
      for (const { session } of links.all())
        ask(session, paths.silences, { hosts }, silences, bodyBytes).then(
          ({ silentMs }) => tell(silentMs),
          () => undefined, // One that does not answer hears nobody.
        );
    },
    async askConfirmation(server, host, patienceMs) {
      const [place] = others()
        .filter(({ name }) => name === server)
        .flatMap(placeOf);
      const link = links.all().find((each) => each.server === place);
      if (link === undefined)
        throw new ConstellationError(
          "unreachable",
          `ask ${server} what may run on ${host}: it does not answer`,
        );
      return (await ask(link.session, paths.confirm, { host }, confirmed, bodyBytes, patienceMs)).confirmed;
    },
    tellProgress(instance, message) {
      for (const { session } of links.all())
        ask(session, paths.progress, { instance, message }, z.object({})).catch(() => undefined);
    },
  };
}

const placeOf = ({ address }: HostRecord) => (address ? [`${address}:${ports.servers}`] : []);

function blobsBehind(server: string, { session, over }: Link): OtherBlobs {
  return {
    server,
    missing: async (wanted) =>
      (await ask(session, paths.missingBlobs, { digests: wanted }, digests, bodyBytes)).digests,
    async put(digest, content) {
      const signal = AbortSignal.any([over, AbortSignal.timeout(copyMs)]);
      try {
        const { stream, body } = await openStream(session, `${paths.blobs}${digest}`, signal);
        await pipeline(content, stream, { signal });
        // The connection is cut where it was not taken.
        await readWhole(body);
      } finally {
        content.destroy(); // Its file is open, also where nobody has read of it.
      }
    },
    open: async (digest, signal) =>
      (await openStream(session, `${sessionPaths.blobs}${digest}`, AbortSignal.any([over, signal]), "")).body,
  };
}

export interface OtherServersRoutesOptions {
  readonly watch: Pick<HostWatch, "silences">;
  /** Hears of the hosts that another server does not hear. */
  readonly relay: Pick<Relay, "noteUnheard">;
  /** This server's own word, where it leads. */
  readonly confirm: (host: string) => Confirmation | undefined;
  readonly blobs: OwnBlobs;
  readonly onProgress: (instance: string, message: string) => void;
}

/** What this server answers the others. */
export function otherServersRoutes(options: OtherServersRoutesOptions): Routes {
  const { watch, relay, confirm, blobs, onProgress } = options;
  const forServers = (handle: (call: Call, server: string) => Promise<object | undefined>) => ({
    async hosts(call: Call, { host, isServer }: Peer) {
      if (isServer) return await handle(call, host);
      throw new ConstellationError("forbidden", `ask as a server: ${host} is a host alone`);
    },
  });
  const read = async <S extends z.ZodType>({ stream }: Call, schema: S): Promise<z.infer<S>> =>
    schema.parse(JSON.parse(await readWhole(stream, bodyBytes)));
  return {
    [paths.silences]: forServers(async (call, server) => {
      const { hosts } = await read(call, names);
      relay.noteUnheard(server, hosts);
      return { silentMs: watch.silences(hosts) };
    }),
    [paths.confirm]: forServers(async (call) => ({ confirmed: confirm((await read(call, host)).host) })),
    [paths.progress]: forServers(async (call) => {
      const { instance, message } = await read(call, progress);
      onProgress(instance, message);
      return {};
    }),
    [paths.missingBlobs]: forServers(async (call) => ({
      digests: await blobs.missingBlobs((await read(call, digests)).digests as Digest[]),
    })),
    [paths.blobs]: forServers(async ({ stream, rest }) => {
      if (!isDigest(rest)) throw new ConstellationError("invalid", `put blob ${rest}: it is no digest`);
      stream.respond({ ":status": 200, "content-type": "application/json" });
      await blobs.putBlob(rest, stream as Readable);
      stream.end("{}");
      return undefined;
    }),
  };
}
