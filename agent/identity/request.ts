import { createPublicKey, generateKeyPairSync } from "node:crypto";

/** A new key as PEM (PKCS 8). It never leaves the machine. */
export function makeKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** A wish for a certificate, as PEM (PKCS 10): it proves that who asks holds the key; the name in it counts for nothing. */
export async function requestCertificate(key: string, host: string): Promise<string> {
  const { algorithm, importKey, importPublicKey, x509 } = await import("./x509.ts");
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [host] }],
    keys: { privateKey: await importKey(key), publicKey: await importPublicKey(publicKey) },
    signingAlgorithm: algorithm,
  });
  return request.toString("pem");
}
