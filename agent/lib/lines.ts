/** Text of a process, a line at a time without its end. Throws once a line is longer than `mostBytes`: it is not waited for. */
export async function* boundedLines(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<string> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, from)) {
      if (begunBytes + end - from > mostBytes) throw tooLong(mostBytes);
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString("utf8");
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    begunBytes += chunk.length - from;
    if (begunBytes > mostBytes) throw tooLong(mostBytes);
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString("utf8");
}

const lineEnd = 0x0a;

function tooLong(mostBytes: number): Error {
  return new Error(`a line of over ${mostBytes} bytes`);
}
