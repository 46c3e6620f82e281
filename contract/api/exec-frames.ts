import * as z from "zod";

/**
 * How a command inside an instance travels over its WebSocket (`GET /v1/instances/:id/exec`).
 *
 * Binary messages carry a stream's bytes after one byte that names the channel. Text messages are JSON control:
 * client to server `{"resize":{"columns":80,"rows":24}}` and `{"stdin":"eof"}`; server to client, as the last
 * message before it closes, `{"exit":{"code":0}}` or `{"error":{"code":"not-found","message":"..."}}`.
 * With a terminal all output is channel 1. A client that closes the socket ends the command.
 */
export const execChannels = { stdin: 0, stdout: 1, stderr: 2 } as const;
export type ExecChannel = keyof typeof execChannels;

const channelNames: readonly ExecChannel[] = ["stdin", "stdout", "stderr"];
const size = z.int().min(1).max(10_000);

/** What a client may say. */
export const execRequest = z.union([
  z.strictObject({ resize: z.strictObject({ columns: size, rows: size }) }),
  z.strictObject({ stdin: z.literal("eof") }),
]);
export type ExecRequest = z.infer<typeof execRequest>;

/** How the server ends a session. */
export const execResult = z.union([
  z.object({ exit: z.object({ code: z.int() }) }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);
export type ExecResult = z.infer<typeof execResult>;

/** One binary message: the channel's byte, then the bytes. */
export function encodeFrame(channel: ExecChannel, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(1 + bytes.byteLength);
  frame[0] = execChannels[channel];
  frame.set(bytes, 1);
  return frame;
}

/** Undefined when it is no frame of this protocol. The bytes are a view of the message. */
export function decodeFrame(message: Uint8Array): { channel: ExecChannel; bytes: Uint8Array } | undefined {
  const channel = channelNames[message[0] ?? -1];
  return channel === undefined ? undefined : { channel, bytes: message.subarray(1) };
}

export function encodeControl(control: ExecRequest | ExecResult): string {
  return JSON.stringify(control);
}

/** What a client said; undefined when it is no control message of this protocol. */
export function decodeRequest(text: string): ExecRequest | undefined {
  return parse(execRequest, text);
}

/** What the server said; undefined when it is no control message of this protocol. */
export function decodeResult(text: string): ExecResult | undefined {
  return parse(execResult, text);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    // Not JSON: no message of this protocol either.
    return undefined;
  }
}
