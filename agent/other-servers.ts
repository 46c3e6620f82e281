import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Logger } from "pino";
import * as z from "zod";
import { ConstellationError, type Digest, isDigest, ports } from "../contract/index.ts";
import type { OtherBlobs, OwnBlobs } from "./copies/index.ts";
import type { Holds } from "./fence/index.ts";
import type { HostWatch } from "./hosts/index.ts";
import { readCredentials } from "./identity/index.ts";
import { ask, type Call, openStream, type Peer, type Routes, readWhole } from "./link/index.ts";
import { answerReach, type Reachable } from "./reach/index.ts";
import { keepLinks, type Link, sessionPaths } from "./session/index.ts";
import { families, type Store } from "./store/index.ts";

/** What servers ask each other for, by path. */
const paths = {
  silences: "/server/silences",
  progress: "/server/progress",
  missingBlobs: "/server/missing-blobs",
  blobs: "/server/blobs/",
} as const;

const names = z.object({ hosts: z.array(z.string().max(256)).max(10_000) });
const silences = z.object({ silentMs: z.record(z.string(), z.number()) });
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
  /** One of them has answered a heartbeat, and says what may go on here. */
  readonly onHeard: Holds["heard"];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The cluster's other servers, to which this one is a host like any other. */
export interface OtherServers {
  isAlone(): boolean;
  blobs(): readonly OtherBlobs[];
  /** For how long they did not hear these hosts; each answer is told as it comes. */
  askSilences(hosts: readonly string[], tell: (silences: Readonly<Record<string, number>>) => void): void;
  /** Passing words of an instance whose host is connected here; lost without harm. */
  tellProgress(instance: string, message: string): void;
}

/** Keeps a link to each of them. */
export function followOtherServers(options: OtherServersOptions): OtherServers {
  const { store, self, stateDir, here, log, signal, bootClock, onHeard } = options;
  const others = () =>
    store
      .list(families.host)
      .map(({ record }) => record)
      .filter(({ name, role }) => role === "server" && name !== self);
  const places = () => others().flatMap(({ address }) => (address ? [`${address}:${ports.servers}`] : []));
  const links = keepLinks({
    ...{ servers: places(), bootClock, onHeard },
    credentials() {
      const own = readCredentials(stateDir);
      if (own) return own;
      throw new ConstellationError("unreachable", "connect to a server: this one has no certificate yet");
    },
    serve: (session) => void here.then((reachable) => answerReach(session, reachable)),
    onChange: (server, trouble) =>
      trouble === undefined
        ? log.info({ server }, "another server answers")
        : log.warn({ server, reason: trouble.message }, "another server cannot be reached"),
    signal,
  });
  const unsubscribe = store.subscribe(({ changes }) => {
    if (changes.some(({ key }) => key.startsWith(families.host.prefix))) links.follow(places());
  });
  signal.addEventListener("abort", unsubscribe, { once: true });

  return {
    isAlone: () => others().length === 0,
    blobs: () => links.all().map(blobsBehind),
    askSilences(hosts, tell) {
      for (const { session } of links.all())
        ask(session, paths.silences, { hosts }, silences, bodyBytes).then(
          ({ silentMs }) => tell(silentMs),
          () => undefined, // One that does not answer hears nobody.
        );
    },
    tellProgress(instance, message) {
      for (const { session } of links.all())
        ask(session, paths.progress, { instance, message }, z.object({})).catch(() => undefined);
    },
  };
}

function blobsBehind({ server, session, over }: Link): OtherBlobs {
  return {
    server,
    missing: async (wanted) =>
      (await ask(session, paths.missingBlobs, { digests: wanted }, digests, bodyBytes)).digests,
    async put(digest, content) {
      const signal = AbortSignal.any([over, AbortSignal.timeout(copyMs)]);
      const { stream, body } = await openStream(session, `${paths.blobs}${digest}`, signal);
      await pipeline(content, stream, { signal });
      // The connection is cut where it was not taken.
      await readWhole(body);
    },
    open: async (digest, signal) =>
      (await openStream(session, `${sessionPaths.blobs}${digest}`, AbortSignal.any([over, signal]), "")).body,
  };
}

export interface OtherServersRoutesOptions {
  readonly watch: Pick<HostWatch, "silences">;
  readonly blobs: OwnBlobs;
  readonly onProgress: (instance: string, message: string) => void;
}

/** What this server answers the others. */
export function otherServersRoutes({ watch, blobs, onProgress }: OtherServersRoutesOptions): Routes {
  const forServers = (handle: (call: Call) => Promise<object | undefined>) => ({
    async hosts(call: Call, { host, isServer }: Peer) {
      if (isServer) return await handle(call);
      throw new ConstellationError("forbidden", `ask as a server: ${host} is a host alone`);
    },
  });
  const read = async <S extends z.ZodType>({ stream }: Call, schema: S): Promise<z.infer<S>> =>
    schema.parse(JSON.parse(await readWhole(stream, bodyBytes)));
  return {
    [paths.silences]: forServers(async (call) => ({
      silentMs: watch.silences((await read(call, names)).hosts),
    })),
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
