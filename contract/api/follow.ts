import type { IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../documents.ts";
import { ConstellationError } from "../errors.ts";
import { serverSentEvents } from "./event-stream.ts";
import type { Request, Transport } from "./transport.ts";

/** Before connecting again, after a stream that said something and after one that did not. */
const pausesMs = { lively: 50, silent: 500 };

interface Following {
  readonly agent: Transport;
  /** Begins after this id. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  /** `resumed`: an id is known, what came before it is not wanted again. */
  readonly request: (resumed: boolean, headers: Record<string, string>) => Request;
  /** An orderly end of the stream is not the end. */
  readonly endless: boolean;
  /** A stream without a byte for so long is taken for dead. */
  readonly silenceMs: number;
}

/**
 * The events of a stream that is opened again, after the last id seen, whenever it breaks. Ends quietly with the
 * signal; throws what the agent refuses it with, and `unreachable` once the transport gave up.
 */
export async function* follow(following: Following): AsyncGenerator<{ id: string; event: Event }> {
  const { agent, signal, request, endless, silenceMs } = following;
  let last = following.after;
  while (!signal.aborted) {
    let said: keyof typeof pausesMs = "silent";
    let response: IncomingMessage | undefined;
    try {
      const headers = last === undefined ? {} : { "last-event-id": last };
      const opened = await agent.stream(request(last !== undefined, headers), signal);
      response = opened.setTimeout(silenceMs, () => opened.destroy(new Silence()));
      for await (const { id, data } of serverSentEvents(response)) {
        if (signal.aborted) return;
        said = "lively";
        if (id !== "") last = id;
        if (data !== "") yield { id: last ?? "", event: JSON.parse(data) as Event };
      }
      if (!endless) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ConstellationError) throw error;
      if (!isBroken(error))
        throw new ConstellationError("bug", "read events: the stream is malformed", { cause: error });
    } finally {
      response?.destroy();
    }
    await sleep(pausesMs[said], undefined, { signal }).catch(() => undefined);
  }
}

class Silence extends Error {}

function isBroken(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return error instanceof Silence || code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE";
}
