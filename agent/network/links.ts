import { existsSync, mkdirSync, readdirSync } from "node:fs";
import type { Assignment, HostAddresses } from "../session/index.ts";
import { decideRemovals, type Removal } from "./leftovers.ts";
import type { Places } from "./places.ts";
import type { Links, Sysctls } from "./types.ts";
import { decideRoutes, routesToPeers } from "./underlay.ts";

/** Of instances' links; what an uplink takes less of is found out by path MTU discovery, the host being a router. */
const mtu = 1500;

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

export function createInstanceLinks(places: Places, links: Links, sysctls: Sysctls): InstanceLinks {
  const pluggedIn = new Set<string>();
  let unpinnedBefore: ReadonlySet<string> = new Set();

  return {
    async ensureAnchor({ gateway, cidr, serviceCidr }) {
      // All of it goes with the device. What is routed there and not rewritten on the way is refused by the packet rules.
      const routed = [cidr, serviceCidr];
      await links.ensureAnchor({ device: places.anchor, address: gateway, routed, unreachable: [] });
    },
    async reachPeers(assignment) {
      const wanted = routesToPeers(assignment);
      const { gateway } = assignment.host;
      const { ensure, remove } = decideRoutes(wanted, await links.listRoutes(""), gateway);
      for (const route of remove) await links.deleteRoute(route);
      for (const route of ensure) await links.ensureRoute(route);
      return [...remove, ...ensure].map(({ destination }) => destination);
    },
    async plugIn({ id, address }) {
      const netnsFile = places.netnsFile(id);
      const hostDevice = places.hostDevice(id);
      mkdirSync(places.netnsDir, { recursive: true, mode: 0o700 });
      pluggedIn.add(id);
      await links.plugIn({ netnsFile, hostDevice, address, mtu });
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
