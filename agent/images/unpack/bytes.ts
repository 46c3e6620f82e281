/** Takes exact numbers of bytes from a stream of chunks. */
export interface ByteReader {
  /** Exactly `length` bytes; undefined when the stream ends before the first. Throws when it ends in between. */
  take(length: number): Promise<Buffer | undefined>;
  /** The next `length` bytes in pieces, as they come. */
  pieces(length: number): AsyncIterable<Buffer>;
  skip(length: number): Promise<void>;
  /** Reads to the end of the stream. */
  drain(): Promise<void>;
}

export function readBytes(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0) as Buffer;

  /** Makes at least one byte available; false at the end. */
  const fill = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const next = await source.next();
      if (next.done) return false;
      rest = next.value;
    }
    return true;
  };
  const shift = (length: number): Buffer => {
    const piece = rest.subarray(0, length);
    rest = rest.subarray(piece.length);
    return piece;
  };
  async function* pieces(length: number): AsyncIterable<Buffer> {
    for (let left = length; left > 0; ) {
      if (rest.length === 0 && !(await fill())) throw new Error("the archive ends early");
      const piece = shift(left);
      left -= piece.length;
      yield piece;
    }
  }

  return {
    pieces,
    async take(length) {
      if (rest.length === 0 && !(await fill())) return undefined;
      if (rest.length >= length) return shift(length);
      const parts: Buffer[] = [];
      for await (const piece of pieces(length)) parts.push(piece);
      return Buffer.concat(parts);
    },
    async skip(length) {
      for await (const _ of pieces(length));
    },
    async drain() {
      while (await fill()) rest = Buffer.alloc(0);
    },
  };
}
