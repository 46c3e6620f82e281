import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as z from "zod";
import type { FoundTunnel, TunnelInput } from "./settings.ts";

const schema = z.record(z.string(), z.string());

/** Where peers were last that nobody can dial without having heard of them, by public key. */
export type Endpoints = Readonly<Record<string, string>>;

/** Those that are there now, and of the others what was known before. Pure. */
export function learned(wanted: TunnelInput, found: FoundTunnel, before: Endpoints): Endpoints {
  const now = new Map(found.peers.map(({ publicKey, endpoint }) => [publicKey, endpoint]));
  const silent = wanted.peers.filter(({ endpoint }) => endpoint === undefined);
  return Object.fromEntries(
    silent.flatMap(({ publicKey }) => {
      const endpoint = now.get(publicKey) ?? before[publicKey];
      return endpoint === undefined ? [] : [[publicKey, endpoint]];
    }),
  );
}

/** To begin to keep a way open is to send something at once. The next look at the tunnel ends it where it is not wanted. */
const greetingSeconds = 25;

/**
 * A tunnel made anew speaks first, to whomever it can: its peers would notice only after 15 s to 2 min that it forgot
 * them, and the way to where they were is still open. Pure.
 */
export function greeting(wanted: TunnelInput, endpoints: Endpoints): TunnelInput {
  const peers = wanted.peers.map((peer) => {
    const endpoint = peer.endpoint ?? endpoints[peer.publicKey];
    return endpoint === undefined ? peer : { keepAliveSeconds: greetingSeconds, ...peer, endpoint };
  });
  return { ...wanted, peers };
}

/** None where the file is damaged: they are learned again. */
export function readEndpoints(file: string): Endpoints {
  if (!existsSync(file)) return {};
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return {};
  }
}

export function writeEndpoints(file: string, endpoints: Endpoints): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(endpoints)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
