import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import type { HostRecord, TokenRecord } from "../store/index.ts";

/** What a machine sends to join. */
const joinWish = z.strictObject({
  /** The token's id and secret. */
  id: z.string().max(64),
  secret: z.string().max(128),
  /** machine-id(5) */
  uid: z.string().regex(/^[0-9a-f]{32}$/),
  csr: z.string().max(8 * 1024),
  /** Where others reach it, for a server; absent: where it came from. */
  address: z.ipv4().optional(),
  /** The IPv4 networks that the machine is in, with its own addresses there. */
  networks: z.array(z.strictObject({ device: z.string().max(16), range: z.cidrv4() })).max(1_000),
});
export type JoinWish = z.infer<typeof joinWish>;

/** Reads what whoever came has sent. Throws `invalid`, without a word of it: it may hold a token's secret. */
export function parseWish(text: string): JoinWish {
  try {
    return joinWish.parse(JSON.parse(text));
  } catch {
    throw new ConstellationError("invalid", "join: the request is malformed; use the servers' version here");
  }
}

/** What it gets. */
export const joinAnswer = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  name: z.string(),
  certificate: z.string(),
  /** Where the servers listen: `ADDRESS:PORT`. */
  servers: z.array(z.string()),
  /** For a server alone, and never to be told to anybody else. */
  server: z
    .object({
      /** As the others reach it. */
      address: z.ipv4(),
      /** The members of the store that it is to be one of. */
      joins: z.string(),
      /** What seals the cluster's secrets, as base64. */
      secretsKey: z.base64(),
      /** PEM. */
      authorityKey: z.string(),
    })
    .optional(),
});
export type JoinAnswer = z.infer<typeof joinAnswer>;

const prefix = "cst1";

/** A token, taken apart. `fingerprint`: of the CA that whoever answers must belong to. */
export interface Token {
  readonly id: string;
  readonly secret: string;
  readonly fingerprint: string;
}

export function makeToken(fingerprint: string): Token {
  return { id: randomBytes(6).toString("hex"), secret: randomBytes(24).toString("base64url"), fingerprint };
}

export function formatToken({ id, secret, fingerprint }: Token): string {
  return [prefix, id, secret, fingerprint].join(".");
}

/** Throws `invalid`, without the token's text. */
export function parseToken(text: string): Token {
  const [first, id, secret, fingerprint, ...rest] = text.trim().split(".");
  const isWhole = first === prefix && rest.length === 0 && /^[0-9a-f]{64}$/.test(fingerprint ?? "");
  if (!isWhole || !id || !secret || !fingerprint)
    throw new ConstellationError("invalid", "read the join token: it is none, or cut short; copy all of it");
  return { id, secret, fingerprint };
}

export const digestOfSecret = (secret: string) => createHash("sha256").update(secret).digest("hex");

const unknownToken = "this cluster made no such token, or it is long over; make a new one";

/** What a wish comes to. */
export type Admission =
  | { readonly refusal: string }
  /** `known`: it was here before, or its answer was lost. */
  | {
      readonly host: string;
      readonly role: "server" | "host";
      readonly known: HostRecord | undefined;
    };

/** Whether a machine may join, and as whom. Pure; `key`: SHA-256 of its public key. */
export function admit(
  wish: Pick<JoinWish, "secret" | "uid">,
  key: string,
  token: TokenRecord | undefined,
  hosts: readonly HostRecord[],
  now: Date,
): Admission {
  const refusal = refusalOfToken(wish.secret, token, now);
  if (refusal !== undefined || token === undefined) return { refusal: refusal ?? unknownToken };
  if (token.spentBy !== undefined && token.spentBy !== key)
    return { refusal: `the token was spent, by ${token.host}; make a new one` };
  const { host, role = "host" } = token;
  const twin = hosts.find(({ uid, name }) => uid === wish.uid && name !== host);
  if (twin)
    return {
      refusal: `this machine is ${twin.name} already, by its machine id; remove that host first, or, where this is a copy of it, give it an id of its own: rm /etc/machine-id; systemd-machine-id-setup`,
    };
  const known = hosts.find(({ name }) => name === host);
  const other = known && refusalOfKnown(known, role, wish, token);
  return other === undefined ? { host, role, known } : { refusal: other };
}

/** A server that lost its state has voted for what it does not remember: it comes back only as a new one. */
function refusalOfKnown(
  known: HostRecord,
  role: "server" | "host",
  { uid }: Pick<JoinWish, "uid">,
  { spentBy }: TokenRecord,
): string | undefined {
  const { name } = known;
  if (known.uid !== uid) return `${name} is another machine; remove it first, or choose another name`;
  if (known.role === "server" && (role === "host" || spentBy === undefined))
    return `${name} is a server; remove it first, or choose another name`;
  if (known.role === "host" && role === "server")
    return `${name} is a host; take its agent down there first: constellation-agent down`;
  return undefined;
}

/** Before anything else that a stranger sent is looked at. Pure. */
export function refusalOfToken(
  secret: string,
  token: TokenRecord | undefined,
  now: Date,
): string | undefined {
  if (token === undefined || !isEqual(token.digest, digestOfSecret(secret))) return unknownToken;
  if (now.toISOString() <= token.expiresAt) return undefined;
  return `the token was good until ${token.expiresAt}; make a new one`;
}

function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
