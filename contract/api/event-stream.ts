/** One message of a Server-Sent Events stream, with the last id that was given so far. */
export interface ServerSentEvent {
  readonly id: string;
  readonly type: string;
  /** Empty where the block only moved the id. */
  readonly data: string;
}

/** A line of a stream may be this long, in characters. */
const longestLine = 4 * 1024 * 1024;

/** Splits bytes into lines ended by LF or CRLF; what follows the last end is a line too. */
export async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > longestLine)
      throw new RangeError(`read stream: a line is longer than ${longestLine} characters`);
    for (const line of parts) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

/** Reads Server-Sent Events (HTML standard, section 9.2); an unfinished block at the end is dropped. */
export async function* serverSentEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id = "";
  let block: { type: string; data: string[]; touched: boolean } = {
    type: "message",
    data: [],
    touched: false,
  };
  for await (const line of lines(chunks)) {
    if (line === "") {
      if (block.touched) yield { id, type: block.type, data: block.data.join("\n") };
      block = { type: "message", data: [], touched: false };
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id" && !value.includes("\0")) id = value;
    else if (field === "event") block.type = value;
    else if (field === "data") block.data.push(value);
    else continue;
    block.touched = true;
  }
}
