import { decodeAttributes } from "../netlink/decode.ts";
import type { Answer } from "../netlink/socket.ts";
import type { Address, Link, Route } from "./types.ts";

const IFF_UP = 1;
const TABLE_MAIN = 254;
const routeTypes: Readonly<Record<number, Route["type"]>> = {
  1: "unicast",
  6: "blackhole",
  7: "unreachable",
};

const ifla = { address: 1, ifname: 3, mtu: 4, link: 5 };
const ifa = { address: 1, local: 2 };
const rta = { destination: 1, device: 4, gateway: 5, preferredSource: 7 };

/** A link with the index of what it is joined to, in that device's namespace: for a veth, its other end. */
export interface LinkAnswer extends Link {
  readonly peerIndex: number | undefined;
}

/** struct ifinfomsg (16 bytes) and attributes: rtnetlink(7). */
export function readLink({ payload }: Answer): LinkAnswer {
  const attributes = decodeAttributes(payload.subarray(16));
  return {
    index: payload.readInt32LE(4),
    name: attributes.get(ifla.ifname)?.toString("utf8").replace(/\0.*$/, "") ?? "",
    mac: [...(attributes.get(ifla.address) ?? [])]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(":"),
    mtu: attributes.get(ifla.mtu)?.readUInt32LE() ?? 0,
    state: (payload.readUInt32LE(8) & IFF_UP) !== 0 ? "up" : "down",
    peerIndex: attributes.get(ifla.link)?.readUInt32LE(),
  };
}

/** struct ifaddrmsg (8 bytes) and attributes. Undefined for an address of a device that is not asked for. */
export function readAddress(
  { payload }: Answer,
  deviceNames: ReadonlyMap<number, string>,
): Address | undefined {
  const device = deviceNames.get(payload.readUInt32LE(4));
  const attributes = decodeAttributes(payload.subarray(8));
  const address = attributes.get(ifa.local) ?? attributes.get(ifa.address);
  if (device === undefined || address === undefined) return undefined;
  return { device, address: address.join("."), prefixLength: payload.readUInt8(1) };
}

/** struct rtmsg (12 bytes) and attributes. Undefined for another table or for a device that is not asked for. */
export function readRoute({ payload }: Answer, deviceNames: ReadonlyMap<number, string>): Route | undefined {
  const attributes = decodeAttributes(payload.subarray(12));
  const index = attributes.get(rta.device)?.readUInt32LE();
  const device = index === undefined ? undefined : deviceNames.get(index);
  if (payload.readUInt8(4) !== TABLE_MAIN || (index !== undefined && device === undefined)) return undefined;
  const gateway = attributes.get(rta.gateway)?.join(".");
  const source = attributes.get(rta.preferredSource)?.join(".");
  return {
    destination: `${attributes.get(rta.destination)?.join(".") ?? "0.0.0.0"}/${payload.readUInt8(1)}`,
    type: routeTypes[payload.readUInt8(7)] ?? "other",
    ...(device !== undefined && { device }),
    ...(gateway !== undefined && { gateway }),
    ...(source !== undefined && { source }),
  };
}
