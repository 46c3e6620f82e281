import { createHash, X509Certificate } from "node:crypto";
import { lifetimes } from "./validity.ts";

/** `server`: a host that keeps the cluster's state as well. */
export type Role = "server" | "host";

/** What a certificate says, once it is known to come from the cluster's CA. */
export interface Judgement {
  readonly clusterId: string;
  readonly host: string;
  readonly serial: string;
  readonly isServer: boolean;
  /** Other servers' stores accept it as one of theirs. */
  readonly isPeer: boolean;
  /** Where a server is reached. */
  readonly addresses: readonly string[];
  /** Its time is over: it is good for nothing but to be exchanged for a new one. */
  readonly isExpired: boolean;
  /** DER of the public key (SubjectPublicKeyInfo). */
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const serverUse = "1.3.6.1.5.5.7.3.1"; // RFC 5280, 4.2.1.12: id-kp-serverAuth

/** A name in servers' certificates and no host's, by which programs that know nothing of roles tell them apart. */
export const serverName = "server.constellation.internal";

/** The one name in a certificate that counts; the rest is for people. */
export function identityUri(clusterId: string, host: string): string {
  return `spiffe://${clusterId}/host/${host}`;
}

/**
 * Whose certificate this is, or why it is none of this cluster's; with `exchange`, one whose time is over is still known.
 * The signature is checked here, by whoever relies on it, whatever the TLS library thought of the chain.
 */
export function judge(
  certificate: Uint8Array | string,
  authority: Uint8Array | string,
  now: Date,
): Judgement | { readonly refusal: string } {
  const [own, ca] = [parse(certificate), parse(authority)];
  if (own === undefined || ca === undefined) return { refusal: "it cannot be read" };
  if (!own.checkIssued(ca) || !own.verify(ca.publicKey)) return { refusal: "another cluster's CA issued it" };
  const [, clusterId, host] =
    /^URI:spiffe:\/\/([^/,\s]+)\/host\/([a-z0-9-]+)$/.exec(namesOf(own, "URI:").join()) ?? [];
  if (clusterId === undefined || host === undefined) return { refusal: "it names no host" };
  const { validFromDate: notBefore, validToDate: notAfter } = own;
  if (now < notBefore)
    return { refusal: `it is valid from ${notBefore.toISOString()} on; set this machine's clock` };
  const isExpired = now > notAfter;
  if (now.getTime() > notAfter.getTime() + lifetimes.exchange)
    return { refusal: `it ended on ${notAfter.toISOString()}, too long ago to be exchanged; join again` };
  return {
    ...{ clusterId, host, serial: own.serialNumber.toLowerCase(), isExpired, notBefore, notAfter },
    addresses: namesOf(own, "IP Address:").map((name) => name.slice("IP Address:".length)),
    isServer: own.keyUsage?.includes(serverUse) ?? false,
    isPeer: namesOf(own, "DNS:").includes(serverName),
    publicKey: own.publicKey.export({ type: "spki", format: "der" }),
  };
}

/** SHA-256 of a certificate as 64 hex digits: what a join token pins. */
export function fingerprintOf(certificate: Uint8Array | string): string {
  const raw = parse(certificate)?.raw;
  return raw === undefined ? "" : createHash("sha256").update(raw).digest("hex");
}

function namesOf({ subjectAltName = "" }: X509Certificate, sort: string): string[] {
  return subjectAltName.split(", ").filter((name) => name.startsWith(sort));
}

function parse(certificate: Uint8Array | string): X509Certificate | undefined {
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined; // Whoever asked says what is wrong with it.
  }
}
