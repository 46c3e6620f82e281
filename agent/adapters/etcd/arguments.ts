import { join } from "node:path";
import { ports } from "../../../contract/index.ts";
import type { Peering } from "./types.ts";

/** Bounds of the member's own. Sizes in bytes, times in milliseconds. */
export const storageLimits = {
  quotaBytes: 512 * 1024 * 1024,
  /** Raft entries kept in memory, whole values each: between two snapshots, and behind one for members that lag. */
  snapshotEntries: 500,
  catchUpEntries: 100,
  /** Where there are such: one that was away for a moment needs no whole copy. */
  peersCatchUpEntries: 1_000,
  /** Files kept of each kind; a log takes 64 MB of disk from its beginning. */
  logFiles: 2,
  heartbeatMs: 100,
  /** Of silence until the others elect, and up to twice that, by chance: writes are back within about a second. */
  electionMs: 800,
} as const;

/** etcd insists on `host:port` in URLs of unix sockets; without a path it takes that for a file in its working folder. */
const socketNames = { client: "client:0", peer: "peer:0" };
/** Of a member that is alone. */
const ownPeer = `unix://${socketNames.peer}`;

/** Where the others reach a member. */
export function peerUrl(address: string): string {
  return `https://${address}:${ports.peers}`;
}

interface MemberArguments {
  readonly quotaBytes?: number | undefined;
  readonly peering?: Peering | undefined;
  /** Whatever its data says, it is the only one from now on. */
  readonly forgetsPeers?: boolean | undefined;
}

export function memberArguments(
  dataDir: string,
  clusterToken: string,
  { quotaBytes = storageLimits.quotaBytes, peering, forgetsPeers = false }: MemberArguments,
): string[] {
  const client = `unix://${socketNames.client}`;
  return argumentsOf({
    "data-dir": dataDir,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    ...peerOptions(peering),
    // Two clusters are two, though each began with one member that was alone.
    "initial-cluster-token": clusterToken,
    "quota-backend-bytes": quotaBytes,
    "snapshot-count": storageLimits.snapshotEntries,
    "snapshot-catchup-entries": peering ? storageLimits.peersCatchUpEntries : storageLimits.catchUpEntries,
    "max-snapshots": storageLimits.logFiles,
    "max-wals": storageLimits.logFiles,
    "max-txn-ops": 128,
    "heartbeat-interval": storageLimits.heartbeatMs,
    "election-timeout": storageLimits.electionMs,
    "log-level": "warn",
    ...(forgetsPeers && { "force-new-cluster": "true" }),
  });
}

function peerOptions(peering: Peering | undefined): Record<string, string> {
  if (peering === undefined) {
    return {
      name: "server",
      "listen-peer-urls": ownPeer,
      "initial-advertise-peer-urls": ownPeer,
      "initial-cluster": `server=${ownPeer}`,
    };
  }
  const { name, address, joins, identity } = peering;
  const url = peerUrl(address);
  return {
    name,
    "listen-peer-urls": url,
    "initial-advertise-peer-urls": url,
    "initial-cluster": joins ?? `${name}=${url}`,
    "initial-cluster-state": "existing",
    "peer-cert-file": identity.certificate,
    "peer-key-file": identity.key,
    "peer-trusted-ca-file": identity.authority,
    "peer-client-cert-auth": "true",
    // The cluster's CA issues hosts' certificates as well. By which address another server comes tells nothing.
    "peer-cert-allowed-hostname": identity.serverName,
    "peer-skip-client-san-verification": "true",
    "tls-min-version": "TLS1.3",
  };
}

/** Whether a member that was started with these arguments is reached by its peers as this one would be. */
export function isPeeredAs(argv: readonly string[], peering: Peering | undefined): boolean {
  const { "listen-peer-urls": url = "" } = peerOptions(peering);
  return argumentsOf({ "listen-peer-urls": url }).every((argument) => argv.includes(argument));
}

function argumentsOf(options: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

/** Where the member of a run folder answers. */
export function memberSocket(runDir: string): string {
  return join(runDir, socketNames.client);
}
