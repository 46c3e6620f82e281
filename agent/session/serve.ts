import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConstellationError, type Digest, isDigest } from "../../contract/index.ts";
import type { Confirmation } from "../fence/index.ts";
import {
  type Call,
  type Peer,
  type Routes,
  readLines,
  readWhole,
  sendLine,
  sendParts,
} from "../link/index.ts";
import { families, keys, placedOn, type Store } from "../store/index.ts";
import type { Assignments } from "./assignments.ts";
import { createLines } from "./lines.ts";
import { createLocalSession, type LocalSessionOptions } from "./local.ts";
import { imagesPlacedOn, ownOf, untilKnown } from "./trust.ts";
import type { HostSession } from "./types.ts";
import { beat, type Message, observation, paths, progress, wireLimits, wish } from "./wire.ts";

export interface ServingOptions {
  /** With the hosts' states. */
  readonly store: Store;
  readonly records: Store;
  readonly assignments: Assignments;
  /** Calls back when instances are about to be placed; gives what ends that. */
  readonly onPlacing: (callback: () => void) => () => void;
  readonly onProgress: LocalSessionOptions["onProgress"];
  readonly servers: () => readonly string[];
  /** Whether what is read here may be old, since the other servers are out of reach. */
  readonly isStranded: () => boolean;
  readonly heard: (host: string, skewMs: number, isDiskFull: boolean) => void;
  readonly hungUp: (host: string) => void;
  /** What a host is told with the answer to its heartbeat. */
  readonly confirm: (host: string) => Promise<Confirmation | undefined>;
  /** Why a host is refused (by now). */
  readonly refusalOf: (peer: Peer) => string | undefined;
  /** PEM of its next certificate. */
  readonly renew: (peer: Peer) => Promise<string>;
  readonly leave: (host: string) => Promise<void>;
  readonly openBlob: (digest: Digest) => Promise<Readable>;
  /** What an image is made of, as far as it is here; it is brought here from another server first where that has it. */
  readonly blobsOf: (imageDigest: Digest) => Promise<ReadonlySet<Digest>>;
}

/** The servers' end of the hosts' sessions: what a local host does by calls, a distant one does by these routes. */
export function sessionRoutes(options: ServingOptions): Routes {
  const { store, records, assignments, onPlacing, onProgress, servers } = options;
  const sessions = new Map<string, HostSession>();
  const lines = createLines();
  /** One a host, also while it is connected twice: its reports are written one after the other. */
  const sessionOf = (host: string) => {
    const known = sessions.get(host);
    if (known) return known;
    for (const name of sessions.keys()) if (!store.get(families.host, keys.host(name))) sessions.delete(name);
    const made = createLocalSession({
      store,
      records,
      assignments,
      host,
      onProgress,
      onPlacing: () => undefined,
    });
    sessions.set(host, made);
    return made;
  };

  /** While a stream lasts, its host may be removed and its name be another machine's. */
  function requireWelcome(peer: Peer): void {
    const refusal = peer.notAfter < new Date() ? "its certificate has ended" : options.refusalOf(peer);
    if (refusal !== undefined) throw new ConstellationError("forbidden", refusal);
  }

  /** Another server may know more: the host is to ask that one. */
  function requireOthers(): void {
    if (!options.isStranded()) return;
    throw new ConstellationError("unreachable", "follow assignments: this server is cut off from the others");
  }

  async function assign({ stream, signal }: Call, peer: Peer): Promise<undefined> {
    requireOthers();
    const { changes = false } = await parsed(stream, wish, wireLimits.wishBytes);
    const write = lines(changes);
    const looking = setInterval(() => options.isStranded() && stream.close(), wireLimits.strandedLookMs);
    signal.addEventListener("abort", () => clearInterval(looking), { once: true });
    stream.respond({ ":status": 200, "content-type": "application/x-ndjson" });
    const send = (message: Message) => sendLine(stream, message, signal);
    const hint = () => void send({ placing: true }).catch(() => undefined); // The stream's end ends the loop below.
    const forget = onPlacing(hint);
    try {
      for await (const assignment of sessionOf(peer.host).assignments(signal)) {
        requireWelcome(peer);
        await sendParts(stream, write(assignment, servers()), signal);
      }
    } finally {
      forget();
    }
  }

  async function listen({ stream, signal }: Call, peer: Peer): Promise<undefined> {
    stream.respond({ ":status": 200, "content-type": "application/x-ndjson" });
    try {
      for await (const line of readLines(stream, wireLimits.beatBytes)) {
        requireWelcome(peer);
        const { at, skewMs, isDiskFull = false } = beat.parse(line);
        const cameAt = Date.now();
        options.heard(peer.host, skewMs ?? at - cameAt, isDiskFull);
        const confirmed = await options.confirm(peer.host);
        // However long that took, the clocks are compared by the middle of it.
        const now = (cameAt + Date.now()) / 2;
        const isStranded = options.isStranded();
        const echo = { at: now, of: at, ...(confirmed && { confirmed }), ...(isStranded && { isStranded }) };
        await sendLine(stream, echo, signal);
      }
    } finally {
      options.hungUp(peer.host);
    }
    stream.end();
  }

  async function isPartOfAny(images: readonly Digest[], digest: Digest): Promise<boolean> {
    for (const image of images) if ((await options.blobsOf(image)).has(digest)) return true;
    return false;
  }

  return {
    [paths.assignments]: { hosts: assign },
    [paths.heartbeats]: { hosts: listen },
    [paths.observation]: {
      async hosts({ stream }, { host }) {
        requireOthers();
        const told = await parsed(stream, observation, wireLimits.observationBytes);
        await untilKnown(records, told.heard);
        await sessionOf(host).report(ownOf(told, host, store));
        return {};
      },
    },
    [paths.progress]: {
      async hosts({ stream }, { host }) {
        const told = await parsed(stream, progress, wireLimits.beatBytes);
        const isOwn = placedOn(store, host).some(({ id }) => id === told.instance);
        if (isOwn) sessionOf(host).progress(told.instance, told.message);
        return {};
      },
    },
    [paths.certificate]: {
      expired: true,
      hosts: async (_call, peer) => ({ certificate: await options.renew(peer) }),
    },
    [paths.leave]: {
      async hosts(_call, { host }) {
        await options.leave(host);
        return {};
      },
    },
    [paths.blobs]: {
      async hosts({ stream, rest: digest }, peer) {
        if (!isDigest(digest))
          throw new ConstellationError("invalid", `open blob ${digest}: it is no digest`);
        if (!peer.isServer && !(await isPartOfAny(imagesPlacedOn(peer.host, store), digest)))
          throw new ConstellationError("forbidden", `open blob ${digest}: nothing on ${peer.host} needs it`);
        const blob = await options.openBlob(digest);
        try {
          stream.respond({ ":status": 200, "content-type": "application/octet-stream" });
          await pipeline(blob, stream);
        } finally {
          blob.destroy(); // Its file is open, also where nobody has read of it.
        }
        return undefined;
      },
    },
  };
}

async function parsed<T>(
  stream: Call["stream"],
  schema: { parse(value: unknown): T },
  maxBytes: number,
): Promise<T> {
  const text = await readWhole(stream, maxBytes);
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ConstellationError("invalid", "read a host's message: it is malformed; upgrade its agent", {
      cause,
    });
  }
}
