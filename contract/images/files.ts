import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ConstellationError } from "../errors.ts";
import { parsePax, parseTarHeader, type TarHeader, tarBlock, tarPadding } from "./tar.ts";

/** Read access to the files of a folder or of a tar archive, by their relative names. */
export interface Files {
  /** In bytes; undefined when there is no such file. */
  size(name: string): Promise<number | undefined>;
  /** The file's bytes, from `start` to before `end`. The file must exist. */
  open(name: string, range?: { start: number; end: number }): Readable;
}

/** Reads a whole file. @throws ConstellationError `image-invalid` when it is absent or larger than `maxBytes`. */
export async function readWhole(files: Files, name: string, maxBytes: number): Promise<Buffer> {
  const size = await files.size(name);
  if (size === undefined) throw invalid(`read image file ${name}: not there; build the image again`);
  if (size > maxBytes) throw invalid(`read image file ${name}: ${size} bytes, at most ${maxBytes} are read`);
  const chunks: Buffer[] = [];
  for await (const chunk of files.open(name)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function folderFiles(folder: string): Files {
  return {
    size: async (name) => {
      const found = await stat(join(folder, name)).catch(absentAsUndefined);
      return found?.isFile() ? found.size : undefined;
    },
    open: (name, range) => createReadStream(join(folder, name), inclusive(0, range)),
  };
}

interface Member {
  readonly offset: number;
  readonly size: number;
}

/** Entries of one archive; `docker save` writes a few per layer. */
const maxMembers = 10_000;
const maxExtensionBytes = 1024 * 1024;
const maxLinks = 8;

/** Reads the archive's headers only, skipping what lies between; bodies are read from the file when asked for. */
export async function tarFiles(path: string): Promise<Files> {
  const { members, links } = await indexArchive(path);
  const find = (name: string): Member | undefined => {
    let target = name;
    for (let hops = 0; links.has(target) && hops < maxLinks; hops++) target = links.get(target) ?? target;
    return members.get(target);
  };
  return {
    size: async (name) => find(name)?.size,
    open: (name, range) => {
      const member = find(name);
      if (!member) throw invalid(`read image file ${name}: not in ${path}; save the image again`);
      const { start, end } = range ?? { start: 0, end: member.size };
      if (end <= start) return Readable.from([]);
      return createReadStream(path, inclusive(member.offset, { start, end: Math.min(end, member.size) }));
    },
  };
}

async function indexArchive(path: string) {
  const members = new Map<string, Member>();
  /** Old versions of Docker store a layer that repeats as a link to the first. */
  const links = new Map<string, string>();
  const file = await open(path);
  try {
    const { size: fileSize } = await file.stat();
    const readAt = async (offset: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      if (bytesRead < length) throw invalid(`read ${path}: the archive ends early; save the image again`);
      return buffer;
    };
    let longName: string | undefined;
    for (let offset = 0; offset + tarBlock <= fileSize; ) {
      const header = readHeader(path, await readAt(offset, tarBlock));
      if (!header) break;
      const body = offset + tarBlock;
      if (header.type === "x" || header.type === "L") {
        if (header.size > maxExtensionBytes)
          throw invalid(`read ${path}: oversized tar header; save the image again`);
        const extension = await readAt(body, header.size);
        const name = header.type === "x" ? parsePax(extension).get("path") : extension.toString("latin1");
        longName = name?.replace(/\0.*$/s, "") ?? longName;
      } else {
        const name = normalize(longName ?? header.name);
        longName = undefined;
        if (header.type === "0" || header.type === "7")
          members.set(name, { offset: body, size: header.size });
        if (header.type === "1") links.set(name, normalize(header.linkName));
        if (header.type === "2") links.set(name, normalize(join(name, "..", header.linkName)));
        if (members.size + links.size > maxMembers)
          throw invalid(`read ${path}: over ${maxMembers} entries; is it an image?`);
      }
      offset = body + header.size + tarPadding(header.size);
    }
  } finally {
    await file.close();
  }
  return { members, links };
}

function readHeader(path: string, block: Buffer): TarHeader | undefined {
  try {
    return parseTarHeader(block);
  } catch (cause) {
    const remedy = block[0] === 0x1f && block[1] === 0x8b ? "gunzip it first" : "write it with docker save";
    throw invalid(`read ${path}: not a tar archive; ${remedy}`, cause);
  }
}

function normalize(name: string): string {
  return join(Buffer.from(name, "latin1").toString("utf8")).replace(/^\/+/, "");
}

/** Node's streams include the last byte, ranges here do not. */
function inclusive(offset: number, range: { start: number; end: number } | undefined) {
  return range ? { start: offset + range.start, end: offset + range.end - 1 } : {};
}

function absentAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

function invalid(message: string, cause?: unknown): ConstellationError {
  return new ConstellationError("image-invalid", message, { cause });
}
