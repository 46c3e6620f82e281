import { AdapterError, codeOf } from "../error.ts";
import { loadLibc } from "../functions.ts";
import { type NetlinkSocket, netlinkFamily, openNetlink } from "../netlink/socket.ts";
import { gatewayAddress, hostMac, instanceDevice } from "./constants.ts";
import { createNetnsVisitor, isPinned, unpin, withFile } from "./netns.ts";
import { type LinkAnswer, readAddress, readLink, readRoute } from "./route-answers.ts";
import * as message from "./route-messages.ts";
import type { InstanceLink, Network } from "./types.ts";

const limits = { pairAttempts: 4 };

/** The network of the namespace the agent runs in, by one rtnetlink socket; see `Network`. */
export function createNetwork(): Network {
  const libc = loadLibc();
  const host = openNetlink(libc, netlinkFamily.route);
  const visitor = createNetnsVisitor(libc);

  return {
    async createNetns(netnsFile) {
      if (!isPinned(netnsFile)) visitor.create(netnsFile, () => undefined);
    },
    async removeNetns(netnsFile) {
      unpin(libc, netnsFile);
    },
    async plugIn(link) {
      const visit = isPinned(link.netnsFile) ? visitor.enter : visitor.create;
      const inside = visit(link.netnsFile, () => openNetlink(libc, netlinkFamily.route));
      // Not the shared one, which others may use while this one's requests are under way.
      const outside = openNetlink(libc, netlinkFamily.route);
      try {
        await withFile(link.netnsFile, (netnsFd) => connect(outside, inside, link, netnsFd));
      } finally {
        inside.close();
        outside.close();
      }
    },
    async unplug({ netnsFile }) {
      unpin(libc, netnsFile);
    },
    async ensureAnchor({ device, address, routed, unreachable }) {
      host.exchange([message.createBridge(device)], ["EEXIST"]);
      const { index } = requireLink(host, device);
      host.exchange([
        message.addAddress(index, address),
        message.setLinkUp(device),
        ...routed.map((range) => message.addDeviceRoute(range, index, address)),
        ...unreachable.map(message.addUnreachableRoute),
      ]);
    },
    async removeAnchor({ device, unreachable }) {
      host.exchange(unreachable.map(message.deleteUnreachableRoute), ["ESRCH"]);
      deleteLink(host, device);
    },
    async listLinks(namePrefix) {
      return links(host, namePrefix).map(({ peerIndex: _, ...link }) => link);
    },
    async listAddresses(namePrefix) {
      const names = namesByIndex(host, namePrefix);
      return host.exchange([message.dumpAddresses()]).flatMap((answer) => readAddress(answer, names) ?? []);
    },
    async listRoutes(namePrefix) {
      const names = namesByIndex(host, namePrefix);
      return host.exchange([message.dumpRoutes()]).flatMap((answer) => readRoute(answer, names) ?? []);
    },
    async ensureRoute({ destination, gateway, device = "", source }) {
      const route = gateway
        ? message.addGatewayRoute({ destination, gateway, source })
        : message.addDeviceRoute(destination, requireLink(host, device).index, source);
      host.exchange([route]);
    },
    async deleteRoute(route) {
      host.exchange([message.deleteRoute(route)], ["ESRCH"]);
    },
    async deleteLink(name) {
      return deleteLink(host, name);
    },
    close() {
      host.close();
      visitor.close();
    },
  };
}

/**
 * Joins a namespace to the host, whatever of it is there already. Four exchanges: make the pair; learn the peer's
 * index; set up the instance's side; set up the host's. The host's end comes up last, when its peer is ready, so its
 * queue works at once and the first packet is not lost. They wait for the kernel's locks and grace periods, a millisecond
 * in all: other threads do that.
 */
async function connect(
  host: NetlinkSocket,
  inside: NetlinkSocket,
  link: InstanceLink,
  netnsFd: number,
): Promise<void> {
  const { hostDevice, address } = link;
  const { hostEnd, peer } = await ensurePair(host, inside, link, netnsFd);
  await inside.exchangeAside([
    message.setLinkUp("lo"),
    message.addAddress(peer.index, address),
    message.setLinkUp(instanceDevice),
    message.addPermanentNeighbour(peer.index, gatewayAddress, hostMac),
    message.addDefaultRoute(gatewayAddress, peer.index),
  ]);
  await host.exchangeAside([
    message.setLinkUp(hostDevice),
    message.addDeviceRoute(`${address}/32`, hostEnd.index),
  ]);
}

/**
 * The two ends of the pair, new or found. An end without the other is left from a crash, or belongs to a namespace
 * that was unpinned just now and takes its devices with it at any moment: it is deleted and the pair made again.
 */
async function ensurePair(
  host: NetlinkSocket,
  inside: NetlinkSocket,
  { hostDevice, mtu }: InstanceLink,
  netnsFd: number,
): Promise<{ hostEnd: LinkAnswer; peer: LinkAnswer }> {
  const pair = { hostDevice, hostMac, peerDevice: instanceDevice, peerNetnsFd: netnsFd, mtu };
  const requests = [message.createVeth(pair), message.getLink(hostDevice)];
  for (let attempt = 0; attempt < limits.pairAttempts; attempt++) {
    const [answer] = await host.exchangeAside(requests, ["EEXIST", "ENODEV"]);
    const hostEnd = answer && readLink(answer);
    const peer = findLink(inside, instanceDevice);
    if (hostEnd && peer?.peerIndex === hostEnd.index) return { hostEnd, peer };
    if (peer) deleteLink(inside, instanceDevice);
    if (hostEnd) deleteLink(host, hostDevice);
  }
  throw new AdapterError(`create veth ${hostDevice}`, "EAGAIN", "its ends keep vanishing; try again");
}

function findLink(socket: NetlinkSocket, name: string): LinkAnswer | undefined {
  const [answer] = socket.exchange([message.getLink(name)], ["ENODEV"]);
  return answer && readLink(answer);
}

function requireLink(socket: NetlinkSocket, name: string): LinkAnswer {
  const link = findLink(socket, name);
  if (!link) throw new AdapterError(`read link ${name}`, "ENODEV", "no such device");
  return link;
}

function deleteLink(socket: NetlinkSocket, name: string): boolean {
  try {
    socket.exchange([message.deleteLinkRequest(name)]);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENODEV") return false;
    throw error;
  }
}

function links(socket: NetlinkSocket, namePrefix: string): LinkAnswer[] {
  return socket
    .exchange([message.dumpLinks()])
    .map(readLink)
    .filter(({ name }) => name.startsWith(namePrefix));
}

function namesByIndex(socket: NetlinkSocket, namePrefix: string): Map<number, string> {
  return new Map(links(socket, namePrefix).map(({ index, name }) => [index, name]));
}
