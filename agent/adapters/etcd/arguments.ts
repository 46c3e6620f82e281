import { join } from "node:path";

/** Bounds of the member's own. Sizes in bytes. */
export const storageLimits = {
  quotaBytes: 512 * 1024 * 1024,
  /** Revisions that a cursor of the event stream can go back. */
  revisionsKept: 10_000,
  /** Raft entries kept in memory. */
  snapshotEntries: 2_000,
} as const;

/** etcd insists on `host:port` in URLs of unix sockets; without a path it takes that for a file in its working folder. */
const socketNames = { client: "client:0", peer: "peer:0" };

export function memberArguments(dataDir: string, quotaBytes: number = storageLimits.quotaBytes): string[] {
  const { revisionsKept, snapshotEntries } = storageLimits;
  const peer = `unix://${socketNames.peer}`;
  const client = `unix://${socketNames.client}`;
  return Object.entries({
    name: "server",
    "data-dir": dataDir,
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": `server=${peer}`,
    "quota-backend-bytes": quotaBytes,
    "auto-compaction-mode": "revision",
    "auto-compaction-retention": revisionsKept,
    "snapshot-count": snapshotEntries,
    "max-txn-ops": 128,
    "log-level": "warn",
  }).map(([name, value]) => `--${name}=${value}`);
}

/** Where the member of a run folder answers. */
export function memberSocket(runDir: string): string {
  return join(runDir, socketNames.client);
}
