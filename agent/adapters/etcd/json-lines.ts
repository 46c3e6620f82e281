const lineEnd = 0x0a;

/** Reads one JSON value a line, of any length: what is kept of a line is never read twice. An unfinished last one is dropped. */
export async function* jsonLines<Value>(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  let begun: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, from)) {
      const line = Buffer.concat([...begun, chunk.subarray(from, end)]).toString("utf8");
      begun = [];
      from = end + 1;
      yield JSON.parse(line) as Value;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
}
