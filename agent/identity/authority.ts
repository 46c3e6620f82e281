import { createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { ConstellationError } from "../../contract/index.ts";
import { readPrivate, writePrivate } from "../lib/private-file.ts";
import { setAside } from "../lib/set-aside.ts";
import { identityFiles } from "./files.ts";
import { identityUri, type Role, serverName } from "./judge.ts";
import { makeKey } from "./request.ts";
import { lifetimes, validityFrom } from "./validity.ts";

/** What the certificate is to say. */
export interface Subject {
  readonly host: string;
  readonly role: Role;
  /** Where a server is reached. */
  readonly addresses: readonly string[];
}

/** The cluster's CA. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** The public key (DER, SubjectPublicKeyInfo) of a request; throws `invalid` where that does not prove its private key. */
  keyOf(csr: string): Promise<Buffer>;
  /** A certificate for a key that was proven. */
  issue(publicKey: Buffer, subject: Subject, now: Date): Promise<Issued>;
}

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  /** Lower-case hex. */
  readonly serial: string;
}

/** Reads the CA, or makes it where this cluster has none yet. Throws `host-unfit` where only one of its files is there. */
export async function openAuthority(stateDir: string, clusterId: string, now: Date): Promise<Authority> {
  const keyFile = join(stateDir, identityFiles.authorityKey);
  const file = join(stateDir, identityFiles.authority);
  setAsideOther([keyFile, file], clusterId);
  if (readPrivate(file) === undefined) await make(keyFile, file, clusterId, now);
  const [key, certificate] = [readPrivate(keyFile), readPrivate(file)];
  if (key === undefined || certificate === undefined)
    throw new ConstellationError("host-unfit", `read ${keyFile}: it is gone; restore it from a backup`);
  return {
    certificate,
    keyOf: async (csr) => await provenKey(csr, (await import("./x509.ts")).x509),
    issue,
  };

  async function issue(publicKey: Buffer, subject: Subject, at: Date): Promise<Issued> {
    const { algorithm, importKey, x509 } = await import("./x509.ts");
    const serialNumber = newSerial();
    const uses = subject.role === "server" ? ["serverAuth", "clientAuth"] : ["clientAuth"];
    const made = await x509.X509CertificateGenerator.create({
      serialNumber,
      issuer: new x509.X509Certificate(certificate as string).subjectName,
      subject: [{ CN: [subject.host] }],
      ...validityFrom(at, lifetimes.certificate),
      publicKey: new x509.PublicKey(publicKey),
      signingKey: await importKey(key as string),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(
          uses.map((use) => x509.ExtendedKeyUsage[use as "serverAuth" | "clientAuth"]),
        ),
        new x509.SubjectAlternativeNameExtension([
          { type: "url", value: identityUri(clusterId, subject.host) },
          ...(subject.role === "server" ? [{ type: "dns" as const, value: serverName }] : []),
          ...subject.addresses.map((value) => ({ type: "ip" as const, value })),
        ]),
      ],
    });
    return { certificate: made.toString("pem"), serial: made.serialNumber.toLowerCase() };
  }
}

/** Of the cluster that was here before a restore brought another one. */
function setAsideOther([keyFile, file]: readonly [string, string], clusterId: string): void {
  const certificate = readPrivate(file);
  if (certificate === undefined) return;
  const isOwn = new X509Certificate(certificate).subject.split("\n").includes(`CN=${clusterId}`);
  if (isOwn) return;
  setAside(file);
  if (readPrivate(keyFile) !== undefined) setAside(keyFile);
}

/** The key first: a certificate without it would be taken for a CA that was lost. */
async function make(keyFile: string, file: string, clusterId: string, now: Date): Promise<void> {
  const { algorithm, importKey, importPublicKey, x509 } = await import("./x509.ts");
  const key = makeKey();
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const keys = { privateKey: await importKey(key), publicKey: await importPublicKey(publicKey) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ O: ["constellation"] }, { CN: [clusterId] }],
    ...validityFrom(now, lifetimes.authority),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  writePrivate(keyFile, key);
  writePrivate(file, certificate.toString("pem"));
}

async function provenKey(csr: string, x509: typeof import("@peculiar/x509")): Promise<Buffer> {
  const refuse = (reason: string, cause?: unknown) =>
    new ConstellationError("invalid", `read the certificate request: ${reason}`, { cause });
  try {
    const request = new x509.Pkcs10CertificateRequest(csr);
    const { namedCurve } = request.publicKey.algorithm as { namedCurve?: string };
    if (namedCurve !== "P-256") throw refuse("its key is not of the curve P-256");
    if (!(await request.verify())) throw refuse("it is not signed with its own key");
    return Buffer.from(request.publicKey.rawData);
  } catch (error) {
    throw error instanceof ConstellationError ? error : refuse("it is none", error);
  }
}

/** Positive and without a leading zero byte, which some strip. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}
