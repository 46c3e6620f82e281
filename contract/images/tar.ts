/**
 * Headers of tar archives (POSIX.1-2017 pax, and GNU's additions), for the docker archives read here
 * and the layers that the agent unpacks. The tar libraries decode pax values as UTF-8, which destroys
 * binary ones such as `security.capability`; so all text here is latin1: one character a byte.
 */
export const tarBlock = 512;

export interface TarHeader {
  readonly name: string;
  /** The type flag: `0` file, `1` hard link, `2` symlink, `5` folder, `x` pax ... */
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly linkName: string;
}

/**
 * Reads one header block; undefined for the block of zeros that ends an archive.
 * @throws Error when the checksum or a number is wrong.
 */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return undefined;
  if (number(block, 148, 8) !== checksum(block)) throw new Error("not a tar header (wrong checksum)");
  const name = text(block, 0, 100);
  const isUstar = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? text(block, 345, 155) : "";
  const type = String.fromCharCode(block[156] || 0x30);
  const header = {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type: type === "0" && name.endsWith("/") ? "5" : type,
    mode: number(block, 100, 8) % 0o10000,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    linkName: text(block, 157, 100),
  };
  const numbers = [header.mode, header.uid, header.gid, header.size, header.mtime];
  if (!numbers.every(Number.isSafeInteger)) throw new Error("malformed number in a tar header");
  return header;
}

/** The records of a pax header, `LENGTH KEY=VALUE\n` each. @throws Error when a record's length is wrong. */
export function parsePax(body: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString("latin1", at, space));
    const end = at + length;
    if (space < 0 || !Number.isSafeInteger(length) || end > body.length || body[end - 1] !== 0x0a) {
      throw new Error("malformed pax record");
    }
    const record = body.toString("latin1", space + 1, end - 1);
    const equals = record.indexOf("=");
    if (equals <= 0) throw new Error("malformed pax record");
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** Bytes that follow a body of `size` bytes up to the next block. */
export function tarPadding(size: number): number {
  return (tarBlock - (size % tarBlock)) % tarBlock;
}

function text(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from);
  return block.toString("latin1", from, end < 0 || end > from + length ? from + length : end);
}

/** Octal text, or GNU's base 256 where the first bit is set; NaN when it is neither. */
function number(block: Buffer, from: number, length: number): number {
  const first = block[from] ?? 0;
  if ((first & 0x80) !== 0) return base256(block.subarray(from, from + length));
  const digits = text(block, from, length).trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Negative values occur only as times before 1970, which count as 1970. */
function base256(bytes: Buffer): number {
  if (bytes[0] === 0xff) return 0;
  return bytes.reduce((sum, byte, at) => sum * 256 + (at === 0 ? byte & 0x7f : byte), 0);
}

/** The sum of all bytes, those of the checksum itself counted as blanks. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < tarBlock; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}
