import { parsePax, parseTarHeader, type TarHeader, tarBlock, tarPadding } from "../../../contract/index.ts";
import type { UnpackLimits } from "../limits.ts";
import type { ByteReader } from "./bytes.ts";
import { refuse } from "./refusal.ts";

/** A tar entry with its extended headers applied. Names are latin1 text, one character a byte. */
export interface Entry extends TarHeader {
  /** By name; values are latin1 text too. */
  readonly attributes: ReadonlyMap<string, string>;
  /** The body, to be read before the next entry is asked for. */
  content(): AsyncIterable<Buffer>;
}

const attributePrefix = "SCHILY.xattr.";

/** The entries of a tar stream in order. @throws Error when the archive is malformed, Refusal when a bound is passed. */
export async function* readEntries(reader: ByteReader, limits: UnpackLimits): AsyncGenerator<Entry> {
  let extensions = emptyExtensions();
  for (;;) {
    const block = await reader.take(tarBlock);
    const header = block && parseTarHeader(block);
    if (!header) return;
    if ("xgLK".includes(header.type)) {
      if (header.size > limits.headerBytes) throw refuse(header.name, `has a header of ${header.size} bytes`);
      const body = (await reader.take(header.size)) ?? Buffer.alloc(0);
      extend(extensions, header.type, body);
      await reader.skip(tarPadding(header.size));
      continue;
    }
    yield* oneEntry(reader, applyExtensions(header, extensions));
    extensions = emptyExtensions();
  }
}

interface Extensions {
  pax: Map<string, string>;
  name?: string;
  linkName?: string;
}

function emptyExtensions(): Extensions {
  return { pax: new Map() };
}

/** Global pax headers (`g`) are comments in practice: git and BuildKit write them; nothing in them changes an entry. */
function extend(extensions: Extensions, type: string, body: Buffer): void {
  if (type === "x") extensions.pax = parsePax(body);
  if (type === "L") extensions.name = untilNull(body);
  if (type === "K") extensions.linkName = untilNull(body);
}

function untilNull(body: Buffer): string {
  const text = body.toString("latin1");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

type Described = Omit<Entry, "content">;

function applyExtensions(header: TarHeader, { pax, name, linkName }: Extensions): Described {
  if (header.type === "S" || [...pax.keys()].some((key) => key.startsWith("GNU.sparse."))) {
    throw refuse(
      pax.get("GNU.sparse.name") ?? name ?? header.name,
      "is a sparse file",
      "write the layer without sparse files",
    );
  }
  const numeric = (key: string, fallback: number) => {
    const text = pax.get(key);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!Number.isFinite(value)) throw refuse(header.name, `has a malformed ${key}`);
    return Math.max(0, value);
  };
  const attributes = [...pax].filter(([key]) => key.startsWith(attributePrefix));
  return {
    type: header.type,
    mode: header.mode,
    name: pax.get("path") ?? name ?? header.name,
    linkName: pax.get("linkpath") ?? linkName ?? header.linkName,
    size: numeric("size", header.size),
    uid: numeric("uid", header.uid),
    gid: numeric("gid", header.gid),
    mtime: numeric("mtime", header.mtime),
    attributes: new Map(attributes.map(([key, value]) => [key.slice(attributePrefix.length), value])),
  };
}

/** Yields the entry, then moves behind its body, however much of that was read. */
async function* oneEntry(reader: ByteReader, described: Described): AsyncGenerator<Entry> {
  const size = hasBody(described.type) ? described.size : 0;
  if (!Number.isSafeInteger(size)) throw refuse(described.name, "has a malformed size");
  let read = 0;
  async function* content(): AsyncGenerator<Buffer> {
    for await (const piece of reader.pieces(size - read)) {
      read += piece.length;
      yield piece;
    }
  }
  yield { ...described, size, content };
  await reader.skip(size - read + tarPadding(size));
}

/** Links, nodes and folders have none, whatever their size field says (pax, "size"). */
function hasBody(type: string): boolean {
  return !"123456".includes(type);
}
