import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type Event, type LogLine, limits } from "../../contract/index.ts";
import { errorAnswer } from "./errors.ts";

/**
 * Sends events as they come, as fast as the client takes them. The first item, `open` at the latest, sends the head:
 * what fails before is an ordinary error answer.
 */
export async function sendEvents(
  response: ServerResponse,
  events: AsyncIterable<"open" | { readonly id: number; readonly event: Event }>,
): Promise<void> {
  const head = () => startOnce(response, "text/event-stream");
  const remind = () => response.headersSent && head() && response.write(": still here\n\n");
  const timer = setInterval(remind, limits.eventKeepAliveMs);
  try {
    await send(response, events, head, (item) =>
      item === "open"
        ? ""
        : `id: ${item.id}\nevent: ${item.event.type}\ndata: ${JSON.stringify(item.event)}\n\n`,
    );
  } finally {
    clearInterval(timer);
  }
}

/**
 * Sends lines as newline-delimited JSON. The first one, or the first idle moment, sends the head; a failure in the
 * middle cuts the connection.
 */
export async function sendLines(response: ServerResponse, lines: AsyncIterable<LogLine>): Promise<void> {
  const head = () => startOnce(response, "application/x-ndjson");
  const eager = setTimeout(head, firstWordMs);
  try {
    await send(response, lines, head, (line) => `${JSON.stringify(line)}\n`);
  } finally {
    clearTimeout(eager);
  }
}

/** A stream that has nothing to say yet still says that it is open. */
const firstWordMs = 50;

function startOnce(response: ServerResponse, contentType: string): boolean {
  if (response.destroyed || response.writableEnded) return false;
  if (response.headersSent) return true;
  response.writeHead(200, {
    "content-type": contentType,
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  return true;
}

async function send<T>(
  response: ServerResponse,
  items: AsyncIterable<T>,
  head: () => boolean,
  /** Empty: the head alone is sent. */
  format: (item: T) => string,
) {
  const gone = new AbortController();
  response.on("error", () => undefined); // The client went away in the middle of a write: its close says so too.
  response.once("close", () => gone.abort());
  try {
    for await (const item of items) {
      if (!head()) return;
      const text = format(item);
      if (text !== "" && !response.write(text)) await once(response, "drain", { signal: gone.signal });
    }
    if (head()) response.end();
  } catch (error) {
    if (gone.signal.aborted) return;
    if (response.headersSent) {
      response.destroy();
      throw error;
    }
    const { status, body } = errorAnswer(error);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }
}
