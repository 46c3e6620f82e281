import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { ConstellationError } from "../../contract/index.ts";
import type { SecretKeys } from "./key.ts";
import { SecretText } from "./text.ts";

const ivBytes = 12;
const tagBytes = 16;
const version = "1.";

export interface Sealer {
  /** Fresh random bytes each time: two seals of one text differ. */
  seal(secret: SecretText): string;
  /** Throws `bug` when it was changed or sealed with another key. */
  open(sealed: string): SecretText;
  /** The same for the same text on this cluster, of no use to who lacks the key. */
  digest(secret: SecretText): string;
}

/** AES-256-GCM: `1.` and base64 of iv, tag and ciphertext. Digests: HMAC-SHA256. */
export function createSealer({ sealing, digest }: SecretKeys): Sealer {
  return {
    seal(secret) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", sealing, iv);
      const body = Buffer.concat([cipher.update(secret.reveal(), "utf8"), cipher.final()]);
      return version + Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
    },

    open(sealed) {
      const bytes = Buffer.from(sealed.slice(version.length), "base64");
      if (!sealed.startsWith(version) || bytes.length < ivBytes + tagBytes) throw unreadable();
      const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        const body = decipher.update(bytes.subarray(ivBytes + tagBytes));
        return new SecretText(Buffer.concat([body, decipher.final()]).toString("utf8"));
      } catch (cause) {
        throw unreadable(cause);
      }
    },

    digest: (secret) => `hmac-sha256:${createHmac("sha256", digest).update(secret.reveal()).digest("hex")}`,
  };
}

function unreadable(cause?: unknown) {
  return new ConstellationError(
    "bug",
    "open a secret: it was not sealed with this cluster's key; restore secrets.key",
    { cause },
  );
}
