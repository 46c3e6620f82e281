import { join } from "node:path";

/** Bounds of the member's own. Sizes in bytes. */
export const storageLimits = {
  quotaBytes: 512 * 1024 * 1024,
  /** Raft entries kept in memory, whole values each: between two snapshots, and behind one for members that lag. */
  snapshotEntries: 500,
  catchUpEntries: 100,
  /** Files kept of each kind; a log takes 64 MB of disk from its beginning. */
  logFiles: 2,
} as const;

/** etcd insists on `host:port` in URLs of unix sockets; without a path it takes that for a file in its working folder. */
const socketNames = { client: "client:0", peer: "peer:0" };

export function memberArguments(dataDir: string, quotaBytes: number = storageLimits.quotaBytes): string[] {
  const { snapshotEntries, catchUpEntries, logFiles } = storageLimits;
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
    "snapshot-count": snapshotEntries,
    "snapshot-catchup-entries": catchUpEntries,
    "max-snapshots": logFiles,
    "max-wals": logFiles,
    "max-txn-ops": 128,
    "log-level": "warn",
  }).map(([name, value]) => `--${name}=${value}`);
}

/** Where the member of a run folder answers. */
export function memberSocket(runDir: string): string {
  return join(runDir, socketNames.client);
}
