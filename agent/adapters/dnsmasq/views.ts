import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createDnsmasq, type Dnsmasq, type DnsmasqOptions } from "./dnsmasq.ts";
import type { TableInput } from "./files.ts";

/** Name servers for several addresses; calls must not overlap. */
export interface DnsmasqViews {
  /**
   * Makes a server for each of these tables answer, and ends those of all other addresses, also an earlier agent's. What
   * fails with one keeps no other from its table. Throws as `Dnsmasq.serve` does.
   */
  serve(tables: readonly TableInput[]): Promise<void>;
}

/** One dnsmasq an address, which is all it knows of views; each has a folder of its own within `folder`. */
export function createDnsmasqViews(options: DnsmasqOptions): DnsmasqViews {
  const { folder } = options;
  const servers = new Map<string, Dnsmasq>();
  const serverFor = (address: string) => {
    const server = servers.get(address) ?? createDnsmasq({ ...options, folder: join(folder, address) });
    servers.set(address, server);
    return server;
  };

  return {
    async serve(tables) {
      const served = tables.map(async (table) => await serverFor(table.address).serve(table));
      const wanted = new Set(tables.map(({ address }) => address));
      const found = existsSync(folder) ? readdirSync(folder) : [];
      const ended = found.filter((address) => !wanted.has(address)).map(end);
      const outcomes = await Promise.allSettled([...served, ...ended]);
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    },
  };

  async function end(address: string): Promise<void> {
    await serverFor(address).end();
    servers.delete(address);
    rmSync(join(folder, address), { recursive: true, force: true });
  }
}
