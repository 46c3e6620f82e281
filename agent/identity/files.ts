import { join } from "node:path";
import { readPrivate, writePrivate } from "../lib/private-file.ts";

/** Within the state folder. */
export const identityFiles = {
  authorityKey: "identity/ca.key",
  authority: "identity/ca.crt",
  key: "identity/host.key",
  certificate: "identity/host.crt",
} as const;

/** What a machine shows to the others; PEM. */
export interface Credentials {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** Undefined where there are none, or not all of them. */
export function readCredentials(stateDir: string): Credentials | undefined {
  const at = (name: keyof typeof identityFiles) => readPrivate(join(stateDir, identityFiles[name]));
  const [authority, certificate, key] = [at("authority"), at("certificate"), at("key")];
  return authority && certificate && key ? { authority, certificate, key } : undefined;
}

/** On disk once it returns; the certificate last, for it is of no use without the others. */
export function writeCredentials(stateDir: string, { authority, certificate, key }: Credentials): void {
  writePrivate(join(stateDir, identityFiles.key), key);
  writePrivate(join(stateDir, identityFiles.authority), authority);
  writePrivate(join(stateDir, identityFiles.certificate), certificate);
}
