import "reflect-metadata"; // What the library's parts find each other by.
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

/** Every key: what TLS 1.3 must know, small and quick to sign with. */
export const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export { x509 };

/** @param pem PKCS 8 */
export async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** @param der SubjectPublicKeyInfo */
export async function importPublicKey(der: Uint8Array<ArrayBuffer>): Promise<webcrypto.CryptoKey> {
  return await webcrypto.subtle.importKey("spki", der, algorithm, true, ["verify"]);
}
