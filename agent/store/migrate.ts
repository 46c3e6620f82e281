import * as z from "zod";
import { ConstellationError } from "../../contract/index.ts";
import { encode } from "./codec.ts";
import { families, type HostRecord, keys } from "./records.ts";
import type { Entry, KeyValues, Transaction } from "./types.ts";

/** Writes what this agent reads and an older one kept elsewhere. Repeatable, and safe beside another agent that does the same. */
export async function migrate(server: KeyValues): Promise<void> {
  const [cluster, hosts] = await Promise.all([
    server.range(families.cluster.prefix, { limit: 1 }),
    server.range(families.host.prefix, { limit: 1 }),
  ]);
  const transaction = hostsOfCluster(cluster.entries[0], hosts.entries.length > 0);
  // Not succeeded: somebody else has done it.
  if (transaction) await server.commit(transaction);
}

/** As it was while a cluster was one machine: its hosts were a list in its record. */
const withHosts = z.looseObject({
  createdAt: z.string(),
  hosts: z.array(z.looseObject({ name: z.string(), cidr: z.string() })).optional(),
});

/**
 * A record for each host in the cluster's own record. The list stays there: an upgrade that goes back to the agent
 * before finds what that one reads. Nothing to do where hosts have records already. Pure.
 */
export function hostsOfCluster(cluster: Entry | undefined, hasHosts: boolean): Transaction | undefined {
  if (cluster?.key !== keys.cluster || hasHosts) return undefined;
  const parsed = withHosts.safeParse(JSON.parse(cluster.value));
  if (!parsed.success) throw new ConstellationError("bug", `read ${cluster.key}: ${parsed.error.message}`);
  const { createdAt, hosts = [] } = parsed.data;
  const puts = hosts.map(({ name, cidr }) => {
    const record: HostRecord = { name, role: "server", cidr, addedAt: createdAt };
    return { put: keys.host(name), value: encode(keys.host(name), record) };
  });
  const absent = puts.map(({ put }) => ({ key: put, modRevision: 0 }));
  const unchanged = { key: cluster.key, modRevision: cluster.modRevision };
  return puts.length === 0 ? undefined : { compares: [unchanged, ...absent], writes: puts };
}
