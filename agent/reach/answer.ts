import { once } from "node:events";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import {
  ConstellationError,
  decodeFrame,
  decodeRequest,
  encodeControl,
  encodeFrame,
} from "../../contract/index.ts";
import { createSerial } from "../lib/serial.ts";
import { answerError, readWhole, sendLine } from "../link/index.ts";
import { framed, isControl, readFrames } from "./frames.ts";
import { type Command, execRequest, logsRequest, paths, type Reachable, reachLimits } from "./types.ts";

/** The host's end: answers what a server asks for, until the session ends. */
export function answerReach(session: ServerHttp2Session, host: Reachable): void {
  session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const gone = new AbortController();
    stream.once("close", () => gone.abort());
    stream.on("error", () => undefined); // Its close follows.
    answer(stream, headers[":path"] ?? "", host, gone.signal).catch((error: unknown) =>
      answerError(stream, error),
    );
  });
}

async function answer(
  stream: ServerHttp2Stream,
  path: string,
  host: Reachable,
  signal: AbortSignal,
): Promise<void> {
  switch (path) {
    case paths.stats: {
      const sample = await host.stats();
      stream.respond({ ":status": 200 });
      stream.end(JSON.stringify(sample));
      return;
    }
    case paths.logs:
      return await sendLogs(stream, host, signal);
    case paths.exec:
      return await runCommand(stream, host, signal);
    default:
      throw new ConstellationError("not-found", `ask this host for ${path}: its agent is older; upgrade it`);
  }
}

async function sendLogs(stream: ServerHttp2Stream, host: Reachable, signal: AbortSignal): Promise<void> {
  const { id, query } = logsRequest.parse(JSON.parse(await readWhole(stream)));
  const { follow, tail, since } = query;
  const lines = host.logs(
    id,
    { follow, ...(tail !== undefined && { tail }), ...(since !== undefined && { since }) },
    signal,
  );
  const iterator = lines[Symbol.asyncIterator]();
  // What fails before the first line is an ordinary answer; a log without a line yet is open all the same.
  const first = iterator.next();
  const open = () => stream.headersSent || stream.respond({ ":status": 200 });
  const eager = setTimeout(() => !stream.destroyed && open(), firstWordMs);
  try {
    for (let next = await first; !next.done; next = await iterator.next()) {
      if (signal.aborted) break;
      open();
      await sendLine(stream, next.value, signal);
    }
    if (!stream.destroyed) open();
    stream.end();
  } finally {
    clearTimeout(eager);
    await iterator.return?.();
  }
}

/** A stream that has nothing to say yet still says that it is open. */
const firstWordMs = 50;

async function runCommand(stream: ServerHttp2Stream, host: Reachable, signal: AbortSignal): Promise<void> {
  const frames = readFrames(stream);
  const { value: first } = await frames.next();
  const { id, request } = execRequest.parse(JSON.parse(Buffer.from(first ?? []).toString("utf8")));
  const { user, workingDir, ...rest } = request;
  const command = await host.exec(id, {
    ...rest,
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDir }),
  });
  signal.addEventListener("abort", () => command.close(), { once: true });
  if (signal.aborted) command.close();
  stream.respond({ ":status": 200 });
  void listen(frames, command).catch(() => command.close());
  const send = async (message: Uint8Array | string) => {
    if (!stream.write(framed(message))) await once(stream, "drain", { signal });
  };
  for await (const { stream: channel, data } of command.output) {
    for (let at = 0; at < data.length; at += outputBytes)
      await send(encodeFrame(channel, data.subarray(at, at + outputBytes)));
  }
  await send(encodeControl({ exit: { code: await command.exit } }));
  stream.end();
}

const outputBytes = reachLimits.frameBytes / 16;

async function listen(frames: AsyncIterable<Buffer>, command: Command): Promise<void> {
  const inOrder = createSerial();
  for await (const message of frames) {
    if (!isControl(message)) {
      const frame = decodeFrame(message);
      // A command that no longer reads: its exit code says why.
      if (frame?.channel === "stdin") await inOrder(() => command.write(frame.bytes)).catch(() => undefined);
      continue;
    }
    const control = decodeRequest(message.toString("utf8"));
    if (control === undefined) continue;
    if ("resize" in control) command.resize(control.resize.columns, control.resize.rows);
    else command.endInput();
  }
}
