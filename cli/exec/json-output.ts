import { StringDecoder } from "node:string_decoder";
import type { Output } from "../terminal/index.ts";
import type { Attendance } from "./attend.ts";

/** Output as lines of JSON, `{ "stream": "stdout", "text": "..." }`; a character split over two chunks stays whole. */
export function jsonOutput(output: Pick<Output, "jsonLine">): Attendance["onOutput"] {
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  return async (stream, bytes) => {
    const text = decoders[stream].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (text !== "") await output.jsonLine({ stream, text });
  };
}
