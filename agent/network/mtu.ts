import type { Assignment } from "../session/index.ts";
import { peersOf } from "./underlay.ts";

/** Of instances' links while this host is alone; what an uplink takes less of is found out by path MTU discovery, the host being a router. */
export const usualMtu = 1500;
/** The most that networks of machines carry; a loopback device would take more. */
const widestMtu = 9216;
/** What IPv4 (20) or IPv6 (40), UDP (8) and WireGuard's own header and tag (32) take of a packet. */
const overheadBytes = { ipv4: 60, ipv6: 80 } as const;

/** A route of the machine's, as it is asked for here. */
interface Way {
  readonly destination?: string;
  readonly device?: string;
}

/**
 * How large packets to other hosts may be: as large as the narrowest device takes that leads to one of them, less what
 * a tunnel takes if one is among them; the tunnel has the same. Pure.
 */
export function mtuTo(
  view: Pick<Assignment, "host" | "peers">,
  routes: readonly Way[],
  devices: readonly { readonly name: string; readonly mtu: number }[],
): number {
  const peers = peersOf(view);
  const addresses = peers.flatMap(({ address }) => address ?? []);
  const sizes = new Map(devices.map(({ name, mtu }) => [name, mtu]));
  // By what it has for the rest of the world, where no peer can be dialled.
  const towards = addresses.length === 0 && peers.length > 0 ? ["0.0.0.0"] : addresses;
  const found = towards.flatMap((address) => sizes.get(deviceTo(address, routes) ?? "") ?? []);
  const narrowest = found.length === 0 ? usualMtu : Math.min(...found, widestMtu);
  const family = addresses.some((address) => address.includes(":")) ? "ipv6" : "ipv4";
  return peers.some(({ wireguardKey }) => wireguardKey !== undefined)
    ? narrowest - overheadBytes[family]
    : narrowest;
}

/** The longest prefix wins, as in the kernel. */
function deviceTo(address: string, routes: readonly Way[]): string | undefined {
  const target = numberOf(address);
  let best: { readonly length: number; readonly device: string } | undefined;
  for (const { destination, device } of routes) {
    if (destination === undefined || device === undefined) continue;
    const [start = "", bits = "32"] = destination.split("/");
    const length = Number(bits);
    const size = 2 ** (32 - length);
    const isWithin = Math.floor(target / size) === Math.floor(numberOf(start) / size);
    if (isWithin && (best === undefined || length > best.length)) best = { length, device };
  }
  return best?.device;
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
