import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  scryptSync,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";

/** A file is this line, a line of JSON (the head), and the gzipped content in AES-256-GCM with its tag behind it. */
const magic = "constellation-backup\n";
export const envelopeVersion = 1;

const sizes = { salt: 16, iv: 12, tag: 16, key: 32, check: 16 } as const;
/** 128 MiB of memory and half a second for each passphrase that is tried (RFC 7914). */
const cost = { logN: 17, r: 8, p: 1 } as const;
/** A head is read before anything of it is proven: it must not make us take more memory than this, in bytes. */
const mostScryptBytes = 1024 ** 3;
const longestHead = 16 * 1024;
const longestContent = 512 * 1024 ** 2;

const bytes = (length: number) =>
  z.base64().transform((text, context) => {
    const buffer = Buffer.from(text, "base64");
    if (buffer.length !== length) context.addIssue({ code: "custom", message: `must be ${length} bytes` });
    return buffer;
  });

const about = z.object({
  takenAt: z.string(),
  agentVersion: z.string(),
  clusterId: z.string(),
  clusterName: z.string(),
  host: z.string(),
});
/** What a backup says of itself to everybody who has the file. */
export type About = z.infer<typeof about>;

const head = z.object({
  version: z.literal(envelopeVersion),
  ...about.shape,
  scrypt: z.object({
    logN: z.int().min(14).max(22),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
    salt: bytes(sizes.salt),
  }),
  /** Tells a wrong passphrase from a damaged file. */
  check: bytes(sizes.check),
  iv: bytes(sizes.iv),
});

/** Encrypts content for whoever knows the passphrase. The head is authenticated too, but readable. */
export async function sealBackup(content: Buffer, of: About, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(sizes.salt);
  const iv = randomBytes(sizes.iv);
  const { key, check } = deriveKeys(passphrase, { ...cost, salt });
  const texts = { salt: salt.toString("base64"), check: check.toString("base64"), iv: iv.toString("base64") };
  const line = JSON.stringify({
    version: envelopeVersion,
    ...of,
    scrypt: { ...cost, salt: texts.salt },
    check: texts.check,
    iv: texts.iv,
  });
  const start = Buffer.from(`${magic}${line}\n`);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(start);
  const packed = await promisify(gzip)(content);
  return Buffer.concat([start, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
}

/**
 * The content, whole and unchanged. Throws `invalid`: no backup, of a newer version, another passphrase, damaged.
 */
export async function openBackup(
  file: Buffer,
  passphrase: string,
): Promise<{ readonly about: About; readonly content: Buffer }> {
  const { start, head } = readHead(file);
  const { key, check } = deriveKeys(passphrase, head.scrypt);
  if (!timingSafeEqual(check, head.check))
    throw refused("the passphrase is another one; give the one it was made with");
  const body = file.subarray(start.length);
  if (body.length < sizes.tag) throw damaged();
  const decipher = createDecipheriv("aes-256-gcm", key, head.iv, { authTagLength: sizes.tag }).setAAD(start);
  decipher.setAuthTag(body.subarray(-sizes.tag));
  try {
    const packed = Buffer.concat([decipher.update(body.subarray(0, -sizes.tag)), decipher.final()]);
    const content = await promisify(gunzip)(packed, { maxOutputLength: longestContent });
    return { about: about.parse(head), content };
  } catch (cause) {
    throw damaged(cause);
  }
}

function readHead(file: Buffer): { readonly start: Buffer; readonly head: z.infer<typeof head> } {
  if (!file.subarray(0, magic.length).equals(Buffer.from(magic)))
    throw refused("it is no backup of Constellation");
  const end = file.indexOf("\n", magic.length);
  if (end < 0 || end > longestHead) throw damaged();
  const start = file.subarray(0, end + 1);
  const raw = parse(start.subarray(magic.length).toString("utf8"));
  if (isNewer(raw)) throw refused("a newer version wrote it; upgrade this machine's agent first");
  const parsed = head.safeParse(raw);
  if (!parsed.success) throw damaged(parsed.error);
  const { logN, r } = parsed.data.scrypt;
  if (128 * r * 2 ** logN > mostScryptBytes) throw damaged();
  return { start, head: parsed.data };
}

function isNewer(raw: unknown): boolean {
  const version = typeof raw === "object" && raw !== null && "version" in raw ? Number(raw.version) : 0;
  return version > envelopeVersion;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
}

interface Scrypt {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
}

function deriveKeys(passphrase: string, { logN, r, p, salt }: Scrypt) {
  const N = 2 ** logN;
  const maxmem = 128 * r * (N + p) + 1024 ** 2;
  const derived = scryptSync(passphrase.normalize("NFC"), salt, 2 * sizes.key, { N, r, p, maxmem });
  // The second half is of no use for the first: only whoever has both can compare.
  const check = createHash("sha256").update(derived.subarray(sizes.key)).digest().subarray(0, sizes.check);
  return { key: derived.subarray(0, sizes.key), check };
}

function damaged(cause?: unknown): ConstellationError {
  return refused("the file is damaged or cut short; take another copy of it", cause);
}

function refused(reason: string, cause?: unknown): ConstellationError {
  return new ConstellationError("invalid", `read backup: ${reason}`, { cause });
}
