import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { ConstellationError } from "../../contract/index.ts";
import type { KitArch } from "./arch.ts";
import { kitRoot, type Manifest, manifestSchema } from "./manifest.ts";

/** A kit that was built, as it lies beside the provider: `manifest.json`, `receiver`, `files/<sha256>.zst`. */
export interface Kit {
  readonly arch: KitArch;
  /** SHA-256 of the manifest: the kit's name. */
  readonly digest: string;
  /** Its folder on a host. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly manifestBytes: Buffer;
  /** The program that is sent first: static, for the kit's processor. */
  readonly receiver: { readonly path: string; readonly sha256: string; readonly bytes: number };
  /** What to send of it for the files that a host lacks. Rejects where the kit here lacks one too. */
  pack(missing: readonly string[]): Promise<Pack>;
}

/** The receiver's input. */
export interface Pack {
  /** Of the whole stream. */
  readonly bytes: number;
  /** May be called again. @param onBytes told what was read since it was last told. */
  open(onBytes: (count: number) => void): Readable;
}

/** From a file at once; told in such steps. */
const readBytes = 256 * 1024;

const builtKits = fileURLToPath(
  new URL(import.meta.url.endsWith(".js") ? "../kit" : "../../dist/kit", import.meta.url),
);

/** Throws `host-unfit` where no kit was built for that processor. */
export async function openKit(arch: KitArch, kits: string = builtKits): Promise<Kit> {
  const folder = join(kits, arch);
  const [manifestFile, receiverFile] = [join(folder, "manifest.json"), join(folder, "receiver")];
  if (!existsSync(manifestFile) || !existsSync(receiverFile)) {
    throw new ConstellationError(
      "host-unfit",
      `open kit ${arch}: there is none in ${folder}; build it with \`npm run kit -- --arch ${arch}\``,
    );
  }
  const [manifestBytes, receiver] = await Promise.all([readFile(manifestFile), readFile(receiverFile)]);
  const digest = sha256(manifestBytes);
  return {
    arch,
    digest,
    folder: join(kitRoot, digest),
    manifest: manifestSchema.parse(JSON.parse(manifestBytes.toString())),
    manifestBytes,
    receiver: { path: receiverFile, sha256: sha256(receiver), bytes: receiver.length },
    pack: (missing) => pack({ digest, bytes: manifestBytes }, missing, join(folder, "files")),
  };
}

/** agent/receiver/receive.go says what it reads: the manifest, then files as they were packed, then the end. */
async function pack(
  manifest: { readonly digest: string; readonly bytes: Buffer },
  missing: readonly string[],
  folder: string,
): Promise<Pack> {
  const files = await Promise.all(
    missing.map(async (digest) => {
      const path = join(folder, `${digest}.zst`);
      const { size } = await stat(path);
      return { path, header: Buffer.from(`${digest} ${size}\n`), size };
    }),
  );
  const start = Buffer.concat([Buffer.from(`${manifest.digest} ${manifest.bytes.length}\n`), manifest.bytes]);
  const end = Buffer.from("end\n");
  async function* frames() {
    yield start;
    for (const { path, header } of files) {
      yield header;
      yield* createReadStream(path, { highWaterMark: readBytes });
    }
    yield end;
  }
  async function* counted(onBytes: (count: number) => void) {
    for await (const chunk of frames()) {
      yield chunk;
      onBytes(chunk.length);
    }
  }
  const contentBytes = files.reduce((sum, { header, size }) => sum + header.length + size, 0);
  return {
    bytes: start.length + contentBytes + end.length,
    open: (onBytes) => Readable.from(counted(onBytes), { objectMode: false }),
  };
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
