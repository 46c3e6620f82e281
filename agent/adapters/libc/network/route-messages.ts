import {
  attribute,
  ipv4,
  mac,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  nested,
  type Request,
  text,
  u32,
} from "../netlink/encode.ts";
import type { GatewayRoute } from "./types.ts";

/** rtnetlink(7): the requests this product makes, and no more. Device indexes are the kernel's numbers. */
const AF_INET = 2;
const NEWLINK = 16;
const DELLINK = 17;
const GETLINK = 18;
const NEWADDR = 20;
const GETADDR = 22;
const NEWROUTE = 24;
const DELROUTE = 25;
const GETROUTE = 26;
const NEWNEIGH = 28;
const IFF_UP = 1;
const NUD_PERMANENT = 0x80;
const TABLE_MAIN = 254;
const PROTOCOL_STATIC = 4;
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
/** In a request to delete: any. */
const SCOPE_NOWHERE = 255;
const TYPE_UNICAST = 1;
const TYPE_UNREACHABLE = 7;
const NEXTHOP_ONLINK = 4;

const ifla = {
  address: 1,
  ifname: 3,
  mtu: 4,
  linkinfo: 18,
  netnsFd: 28,
  infoKind: 1,
  infoData: 2,
  vethPeer: 1,
};
const ifa = { address: 1, local: 2 };
const rta = { destination: 1, device: 4, gateway: 5, preferredSource: 7 };
const nda = { destination: 1, linkAddress: 2 };

export interface VethPair {
  readonly hostDevice: string;
  readonly hostMac: string;
  readonly peerDevice: string;
  readonly peerNetnsFd: number;
  readonly mtu: number;
}

/** Both ends start down. The peer appears in its namespace at once. EEXIST when the host has a device of that name. */
export function createVeth({ hostDevice, hostMac, peerDevice, peerNetnsFd, mtu }: VethPair): Request {
  const peer = [
    linkHeader(0),
    attribute(ifla.ifname, text(peerDevice)),
    attribute(ifla.netnsFd, u32(peerNetnsFd)),
    attribute(ifla.mtu, u32(mtu)),
  ];
  const info = [
    attribute(ifla.infoKind, Buffer.from("veth")),
    nested(ifla.infoData, nested(ifla.vethPeer, ...peer)),
  ];
  return request(`create veth ${hostDevice}`, NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkHeader(0),
    attribute(ifla.ifname, text(hostDevice)),
    attribute(ifla.address, mac(hostMac)),
    attribute(ifla.mtu, u32(mtu)),
    nested(ifla.linkinfo, ...info),
  ]);
}

/** EEXIST when there is a device of that name. */
export function createBridge(name: string): Request {
  return request(`create bridge ${name}`, NEWLINK, NLM_F_CREATE | NLM_F_EXCL, [
    linkHeader(0),
    attribute(ifla.ifname, text(name)),
    nested(ifla.linkinfo, attribute(ifla.infoKind, Buffer.from("bridge"))),
  ]);
}

export function setLinkUp(name: string): Request {
  return request(`set link ${name} up`, NEWLINK, 0, [
    linkHeader(0, IFF_UP, IFF_UP),
    attribute(ifla.ifname, text(name)),
  ]);
}

/** ENODEV when there is none. */
export function getLink(name: string): Request {
  return request(`read link ${name}`, GETLINK, 0, [linkHeader(0), attribute(ifla.ifname, text(name))]);
}

export function dumpLinks(): Request {
  return request("list links", GETLINK, NLM_F_DUMP, [linkHeader(0)]);
}

/** ENODEV when there is none. */
export function deleteLinkRequest(name: string): Request {
  return request(`delete link ${name}`, DELLINK, 0, [linkHeader(0), attribute(ifla.ifname, text(name))]);
}

/** Adds an address as /32. Repeating it changes nothing. */
export function addAddress(index: number, address: string): Request {
  const header = Buffer.from([AF_INET, 32, 0, SCOPE_UNIVERSE, 0, 0, 0, 0]);
  header.writeUInt32LE(index, 4);
  return request(`add address ${address}`, NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, [
    header,
    attribute(ifa.local, ipv4(address)),
    attribute(ifa.address, ipv4(address)),
  ]);
}

export function dumpAddresses(): Request {
  return request("list addresses", GETADDR, NLM_F_DUMP, [Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0])]);
}

/** Routes a range to a device, in place of an earlier route to it. `source`: the sender's address of what starts here. */
export function addDeviceRoute(range: string, index: number, source?: string): Request {
  const [address, prefixLength] = splitRange(range);
  return request(`add route ${range}`, NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, [
    routeHeader(prefixLength, TYPE_UNICAST, SCOPE_LINK),
    attribute(rta.destination, ipv4(address)),
    attribute(rta.device, u32(index)),
    ...(source === undefined ? [] : [attribute(rta.preferredSource, ipv4(source))]),
  ]);
}

/** The default route, by a gateway that no other route leads to: it is taken to be on the link. */
export function addDefaultRoute(gateway: string, index: number): Request {
  return request(`add default route by ${gateway}`, NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, [
    routeHeader(0, TYPE_UNICAST, SCOPE_UNIVERSE, NEXTHOP_ONLINK),
    attribute(rta.gateway, ipv4(gateway)),
    attribute(rta.device, u32(index)),
  ]);
}

export function addGatewayRoute({
  destination,
  gateway,
  source,
}: Required<Omit<GatewayRoute, "device">>): Request {
  const [address, prefixLength] = splitRange(destination);
  return request(`add route ${destination} by ${gateway}`, NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, [
    routeHeader(prefixLength, TYPE_UNICAST, SCOPE_UNIVERSE),
    attribute(rta.destination, ipv4(address)),
    attribute(rta.gateway, ipv4(gateway)),
    attribute(rta.preferredSource, ipv4(source)),
  ]);
}

/** ESRCH when there is none. */
export function deleteRoute({ destination, source }: Pick<GatewayRoute, "destination" | "source">): Request {
  const [address, prefixLength] = splitRange(destination);
  return request(`delete route ${destination}`, DELROUTE, 0, [
    routeHeader(prefixLength, TYPE_UNICAST, SCOPE_NOWHERE),
    attribute(rta.destination, ipv4(address)),
    attribute(rta.preferredSource, ipv4(source)),
  ]);
}

export function addUnreachableRoute(range: string): Request {
  const [address, prefixLength] = splitRange(range);
  return request(`add unreachable route ${range}`, NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, [
    routeHeader(prefixLength, TYPE_UNREACHABLE, SCOPE_UNIVERSE),
    attribute(rta.destination, ipv4(address)),
  ]);
}

/** ESRCH when there is none. */
export function deleteUnreachableRoute(range: string): Request {
  const [address, prefixLength] = splitRange(range);
  return request(`delete unreachable route ${range}`, DELROUTE, 0, [
    routeHeader(prefixLength, TYPE_UNREACHABLE, SCOPE_UNIVERSE),
    attribute(rta.destination, ipv4(address)),
  ]);
}

export function dumpRoutes(): Request {
  const header = Buffer.alloc(12);
  header[0] = AF_INET;
  return request("list routes", GETROUTE, NLM_F_DUMP, [header]);
}

/** A neighbour that is never asked for by ARP. */
export function addPermanentNeighbour(index: number, address: string, linkAddress: string): Request {
  const header = Buffer.alloc(12);
  header[0] = AF_INET;
  header.writeInt32LE(index, 4);
  header.writeUInt16LE(NUD_PERMANENT, 8);
  return request(`add neighbour ${address}`, NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, [
    header,
    attribute(nda.destination, ipv4(address)),
    attribute(nda.linkAddress, mac(linkAddress)),
  ]);
}

function request(action: string, type: number, flags: number, parts: readonly Buffer[]): Request {
  return { action, type, flags, payload: Buffer.concat(parts) };
}

/** struct ifinfomsg. `change` says which bits of `flags` are meant. */
function linkHeader(index: number, flags = 0, change = 0): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

/** struct rtmsg, of the main table. */
function routeHeader(prefixLength: number, type: number, scope: number, flags = 0): Buffer {
  const header = Buffer.from([
    AF_INET,
    prefixLength,
    0,
    0,
    TABLE_MAIN,
    PROTOCOL_STATIC,
    scope,
    type,
    0,
    0,
    0,
    0,
  ]);
  header.writeUInt32LE(flags, 8);
  return header;
}

function splitRange(range: string): [address: string, prefixLength: number] {
  const [address = "", length] = range.split("/");
  return [address, length === undefined ? 32 : Number(length)];
}
