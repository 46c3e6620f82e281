import { createHash } from "node:crypto";
import type { ServerHostKeyAlgorithm } from "ssh2";
import { ConstellationError } from "../../contract/index.ts";

/** What a machine's key is compared with, and who says so. */
export interface Expected {
  /** `ssh-ed25519 AAAA...` or `SHA256:...`. */
  readonly key: string;
  readonly from: "pinned" | "recorded";
  /** Where programs write it, within a resource's `ssh`: `hostKey`, `jump[0].hostKey`. */
  readonly field: string;
}

const all: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** What to ask for: the expected key's own type first, since a machine has a key of each. */
export function algorithmsFor(expected: Expected | undefined): ServerHostKeyAlgorithm[] {
  const [type = ""] = expected?.key.split(" ") ?? [];
  const signs = (algorithm: string) =>
    type === "ssh-rsa" ? algorithm.startsWith("rsa-") : algorithm === type;
  return [...all].sort((one, other) => Number(signs(other)) - Number(signs(one)));
}

/** `ssh-ed25519 AAAA...`, as in a `.pub` file and known_hosts. @param blob as it goes over the wire (RFC 4253, 6.6). */
export function textOf(blob: Buffer): string {
  const length = blob.readUInt32BE(0);
  return `${blob.toString("latin1", 4, 4 + length)} ${blob.toString("base64")}`;
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: string): string {
  const [first = "", encoded] = key.trim().split(/\s+/);
  if (encoded === undefined) return first;
  const hash = createHash("sha256").update(Buffer.from(encoded, "base64")).digest("base64");
  return `SHA256:${hash.replace(/=+$/, "")}`;
}

/** Undefined where the machine is the one that is expected. @param where `10.0.0.1:22`. */
export function judgeHostKey(
  offered: string,
  expected: Expected | undefined,
  where: string,
): ConstellationError | undefined {
  if (expected === undefined) return undefined;
  const [wanted, seen] = [fingerprintOf(expected.key), fingerprintOf(offered)];
  if (wanted === seen) return undefined;
  const [type] = offered.split(" ");
  const field = `ssh.${expected.field} (of a Cluster's server: servers.NAME.ssh.${expected.field})`;
  const whose = expected.from === "pinned" ? "the program pins" : "was recorded when it was first reached";
  return new ConstellationError(
    "host-key-changed",
    `connect to ${where}: its host key is ${type} ${seen}, and the one that ${whose} is ${wanted}; where its sshd has new keys or the machine was installed anew, set ${field} to ${seen} and run pulumi up; otherwise somebody answers in its place`,
  );
}
