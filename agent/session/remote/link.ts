import type { ClientHttp2Session, ServerHttp2Session } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import type { Confirmation } from "../../fence/index.ts";
import type { Credentials } from "../../identity/index.ts";
import { dial, dialServing, type Exchange, openStream, readLines } from "../../link/index.ts";
import { beat, echo, paths, wireLimits } from "../wire.ts";

/** A connection to one server that answers heartbeats. */
export interface Link {
  readonly server: string;
  readonly session: ClientHttp2Session;
  /** This machine's end of it. */
  readonly localAddress: string;
  /** Aborted once it is of no use any more. */
  readonly over: AbortSignal;
  close(): void;
}

export interface LinkOptions {
  readonly credentials: Credentials;
  /** Answers what the server asks. */
  readonly serve: (session: ServerHttp2Session) => void;
  /** Milliseconds on the boot clock: what heartbeats are sent at. */
  readonly bootClock: () => number;
  /** Whether this machine's disk is full. */
  readonly isDiskFull: () => boolean;
  /** The server has answered a heartbeat, and says what may go on here, and whether it is cut off itself. */
  readonly onHeard: (sentMs: number, confirmed: Confirmation | undefined, isStranded?: boolean) => void;
}

/** Connects, and begins to send heartbeats; resolves once the first was answered. */
export async function openLink(server: string, options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const dialled = await dial(server, { credentials: options.credentials }, signal);
  over.addEventListener("abort", dialled.close, { once: true });
  try {
    const exchange = await openStream(dialled.session, paths.heartbeats, over);
    const first = Promise.withResolvers<void>();
    const beating = keepBeating(exchange, options, first.resolve, over);
    beating.catch(first.reject).finally(() => ending.abort());
    await first.promise;
    const serving = await dialServing(server, options.credentials, over);
    over.addEventListener("abort", () => serving.destroy(), { once: true });
    serving.once("close", () => ending.abort());
    options.serve(serving);
  } catch (error) {
    ending.abort();
    throw error;
  }
  const { session, localAddress } = dialled;
  return { server, session, localAddress, over, close: () => ending.abort() };
}

/** Until the server does not answer, or the signal aborts. Rejects with why. */
async function keepBeating(
  { stream, body }: Exchange,
  { bootClock, isDiskFull, onHeard }: Pick<LinkOptions, "bootClock" | "isDiskFull" | "onHeard">,
  onEcho: () => void,
  signal: AbortSignal,
): Promise<void> {
  let unanswered = 0;
  let skewMs: number | undefined;
  /** Of the beats that were not answered yet: answers come in the same order. */
  const sent: number[] = [];
  const listen = async () => {
    for await (const line of readLines(body, wireLimits.echoBytes)) {
      const { at, of, confirmed, isStranded } = echo.parse(line);
      const sentMs = sent.shift();
      if (sentMs === undefined) throw new Error("the server answers more heartbeats than it was sent");
      onHeard(sentMs, confirmed, isStranded);
      unanswered = 0;
      skewMs = (of + Date.now()) / 2 - at;
      onEcho();
    }
    throw new Error("the server ended the heartbeats");
  };
  const send = async () => {
    // What was not answered is counted in beats, not in time: time in which we did not run is no fault of the server.
    while (unanswered < wireLimits.unansweredBeats) {
      unanswered += 1;
      const own = beat.parse({
        at: Date.now(),
        ...(skewMs !== undefined && { skewMs }),
        ...(isDiskFull() && { isDiskFull: true }),
      });
      sent.push(bootClock());
      stream.write(`${JSON.stringify(own)}\n`);
      await delay(wireLimits.beatMs, undefined, { signal });
    }
    throw new Error(`the server answered none of ${unanswered} heartbeats`);
  };
  const [listening, sending] = [listen(), send()];
  listening.catch(() => undefined);
  sending.catch(() => undefined);
  await Promise.race([listening, sending]);
}
