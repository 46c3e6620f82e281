import {
  type Authority,
  type Credentials,
  isDueForRenewal,
  judge,
  makeKey,
  readCredentials,
  requestCertificate,
  writeCredentials,
} from "./identity/index.ts";

export interface OwnCertificateOptions {
  readonly self: string;
  /** Where others reach this server. */
  readonly address: string;
  readonly stateDir: string;
  readonly authority: () => Promise<Authority>;
}

/** This server's own certificate, anew where it has none, an old one, or one of another CA or address. It asks no other server. */
export async function ownCredentials(options: OwnCertificateOptions): Promise<Credentials> {
  const { self, address, stateDir, authority } = options;
  const [now, ca] = [new Date(), await authority()];
  const kept = readCredentials(stateDir);
  if (kept && isGood(kept, options, ca.certificate, now)) return kept;
  const key = kept?.key ?? makeKey();
  const publicKey = await ca.keyOf(await requestCertificate(key, self));
  const subject = { host: self, role: "server", addresses: [address] } as const;
  const { certificate } = await ca.issue(publicKey, subject, now);
  const credentials = { authority: ca.certificate, certificate, key };
  writeCredentials(stateDir, credentials);
  return credentials;
}

function isGood(
  { certificate }: Credentials,
  { self, address }: OwnCertificateOptions,
  authority: string,
  now: Date,
): boolean {
  const judged = judge(certificate, authority, now);
  if ("refusal" in judged) return false;
  const isOwn = judged.host === self && judged.isServer && judged.isPeer;
  return isOwn && judged.addresses.includes(address) && !isDueForRenewal(judged, now);
}
