import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AdapterError } from "../libc/index.ts";

/** Before the 32 bytes of an X25519 key in PKCS #8 (RFC 8410, section 7). */
const prefix = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The public key, in base64, of the private one in a file as wg(8) takes it; made where there is none. */
export function ensureKey(file: string): string {
  if (!existsSync(file)) {
    const made = generateKeyPairSync("x25519").privateKey.export({ format: "der", type: "pkcs8" });
    mkdirSync(dirname(file), { recursive: true });
    const text = `${made.subarray(prefix.length).toString("base64")}\n`;
    writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const secret = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (secret.length !== 32)
    throw new AdapterError(
      "read the tunnel's key",
      "EINVAL",
      `${file} is damaged; remove it: a new one is made`,
    );
  const key = createPrivateKey({ key: Buffer.concat([prefix, secret]), format: "der", type: "pkcs8" });
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("base64");
}
