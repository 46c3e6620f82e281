import { existsSync, mkdirSync, readdirSync } from "node:fs";
import type { Assignment, HostAddresses } from "../session/index.ts";
import { decideRemovals, type Removal } from "./leftovers.ts";
import { mtuTo, usualMtu } from "./mtu.ts";
import type { Places } from "./places.ts";
import type { Links, Sysctls, Tunnel } from "./types.ts";
import { decideRoutes, routesToPeers, tunnelTo } from "./underlay.ts";

export interface InstanceLinks {
  ensureAnchor(host: HostAddresses): Promise<void>;
  /** Leads to the other hosts' instances; returns the ranges whose way changed. */
  reachPeers(assignment: Assignment): Promise<string[]>;
  /** Gives an instance its pinned namespace, link and address. Repeatable. */
  plugIn(instance: { readonly id: string; readonly address: string }): Promise<{ netnsFile: string }>;
  /** Repeatable; the devices vanish with the instance's last process. */
  unplug(id: string): Promise<void>;
  /** Removes what instances other than these and those plugged in have left; returns what that was. */
  sweep(instances: readonly string[]): Promise<Removal[]>;
}

export function createInstanceLinks(
  places: Places,
  links: Links,
  tunnel: Tunnel,
  sysctls: Sysctls,
): InstanceLinks {
  let mtu: number | undefined;
  const pluggedIn = new Set<string>();
  let unpinnedBefore: ReadonlySet<string> = new Set();

  return {
    async ensureAnchor({ gateway, cidr, clusterCidr, serviceCidr }) {
      // All of it goes with the device. What is routed there and not rewritten on the way is refused by the packet rules:
      // nothing for another host leaves by the machine's own uplink while there is no way to it.
      const routed = [cidr, clusterCidr, serviceCidr];
      await links.ensureAnchor({ device: places.anchor, address: gateway, routed, unreachable: [] });
    },
    async reachPeers(assignment) {
      mtu = mtuTo(assignment, await links.listRoutes(""), await links.listLinks(""));
      const end = tunnelTo(assignment, mtu);
      if (end === undefined) await tunnel.remove();
      else await tunnel.ensure(end);
      const wanted = routesToPeers(assignment, places.tunnel);
      const found = await links.listRoutes("");
      const { ensure, remove } = decideRoutes(wanted, found, assignment.host, places.tunnel);
      for (const route of remove) await links.deleteRoute(route);
      // A host that cannot be reached keeps none of the others from being so.
      const tried = await Promise.allSettled(ensure.map(async (route) => await links.ensureRoute(route)));
      const failed = tried.find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      return [...remove, ...ensure].map(({ destination }) => destination);
    },
    async plugIn({ id, address }) {
      const netnsFile = places.netnsFile(id);
      const hostDevice = places.hostDevice(id);
      mkdirSync(places.netnsDir, { recursive: true, mode: 0o700 });
      pluggedIn.add(id);
      await links.plugIn({ netnsFile, hostDevice, address, mtu: mtu ?? usualMtu });
      // Answers to the host's own 127.0.0.1, which published ports also serve; see `forged` in adapters/nftables.
      sysctls.write(`net.ipv4.conf.${hostDevice}.route_localnet`, "1");
      return { netnsFile };
    },
    async unplug(id) {
      await links.unplug({ netnsFile: places.netnsFile(id) });
      pluggedIn.delete(id);
    },
    async sweep(instances) {
      const found = {
        pins: existsSync(places.netnsDir) ? readdirSync(places.netnsDir) : [],
        links: (await links.listLinks(places.devicePrefix)).map(({ name }) => name),
        unpinnedBefore,
      };
      const { removals, unpinned } = decideRemovals(found, new Set([...instances, ...pluggedIn]), places);
      for (const removal of removals) {
        if (removal.kind === "unpin") await links.unplug({ netnsFile: places.netnsFile(removal.id) });
        else await links.deleteLink(removal.device);
      }
      unpinnedBefore = unpinned;
      return removals;
    },
  };
}
