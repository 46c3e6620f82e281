import type { ServerHttp2Stream } from "node:http2";
import * as z from "zod";
import { ConstellationError, type ErrorCode, errorTable } from "../../contract/index.ts";

const answered = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Ends a stream with what went wrong. What is not ours is a `bug`, whose words stay on this machine. */
export function answerError(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.closed) return;
  if (stream.headersSent) {
    // `close` ends it in good order first: what was sent so far would pass for the whole answer.
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  const own = error instanceof ConstellationError ? error : undefined;
  const code = own?.code ?? "bug";
  const message = own?.message ?? "answer a host: an unexpected failure; the server's log says more";
  stream.respond({ ":status": errorTable[code].http, "content-type": "application/json" });
  stream.end(JSON.stringify({ error: { code, message } }));
}

/** The failure that an answer's body tells of. */
export function failureOf(status: number, body: string): ConstellationError {
  const told = parse(body);
  const code = told && told.code in errorTable ? (told.code as ErrorCode) : "unreachable";
  return new ConstellationError(code, told?.message ?? `ask a server: it answered with status ${status}`);
}

function parse(body: string): { readonly code: string; readonly message: string } | undefined {
  try {
    return answered.safeParse(JSON.parse(body)).data?.error;
  } catch {
    return undefined; // Not one of ours.
  }
}
