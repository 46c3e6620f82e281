import type { Address, Link, Route } from "./types.ts";

/** The parts of `ip -json` that are read here. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address?: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly link_index?: number;
}

export interface IpAddress {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number }[];
}

export interface IpRoute {
  readonly type?: string;
  readonly dst: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
}

export function toLink({ ifindex, ifname, address = "", mtu, flags }: IpLink): Link {
  return { index: ifindex, name: ifname, mac: address, mtu, state: flags.includes("UP") ? "up" : "down" };
}

export function toAddresses({ ifname, addr_info = [] }: IpAddress): Address[] {
  return addr_info.map(({ local, prefixlen }) => ({
    device: ifname ?? "",
    address: local,
    prefixLength: prefixlen,
  }));
}

export function toRoute({ type = "unicast", dst, dev, gateway, prefsrc }: IpRoute): Route {
  const isKnown = type === "unicast" || type === "unreachable" || type === "blackhole";
  return {
    destination: withPrefixLength(dst),
    type: isKnown ? type : "other",
    ...(dev !== undefined && { device: dev }),
    ...(gateway !== undefined && { gateway }),
    ...(prefsrc !== undefined && { source: prefsrc }),
  };
}

function withPrefixLength(destination: string): string {
  if (destination === "default") return "0.0.0.0/0";
  return destination.includes("/") ? destination : `${destination}/32`;
}
