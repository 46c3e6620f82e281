import { type Host, lab } from "../../test/lab/index.ts";
import { endOn } from "./end.ts";
import type { Way } from "./types.ts";

/** Two hosts that run nothing. */
export interface Bare extends AsyncDisposable {
  /** As they reach each other. */
  readonly underlay: Way;
  /** By wireguard-go and wg(8) alone. */
  readonly tunnel: Way;
}

export async function startBare(): Promise<Bare> {
  const hosts = await lab.up(2);
  try {
    const [one, two] = hosts.hosts as [Host, Host];
    const underlay = await wayOf("underlay", one, two, ({ address }) => address);
    const tunnel = await wayOf("wireguard-go", one, two, inTunnel);
    const keys = [await makeDevice(tunnel.from), await makeDevice(tunnel.to)] as const;
    await addPeer(tunnel.from, keys[1], two);
    await addPeer(tunnel.to, keys[0], one);
    return { underlay, tunnel, [Symbol.asyncDispose]: hosts.down };
  } catch (error) {
    await hosts.down();
    throw error;
  }
}

const device = "tool0";
const port = 51_820;
/** What the agent computes for this underlay, too. */
const mtu = 1440;
const inTunnel = ({ number }: Host) => `172.31.0.${number}`;

async function wayOf(name: Way["name"], one: Host, two: Host, address: (host: Host) => string): Promise<Way> {
  return { name, from: await endOn(one, address(one)), to: await endOn(two, address(two)) };
}

/** Its public key. */
async function makeDevice(end: Way["from"]): Promise<string> {
  const script = `
    wireguard-go ${device} >/dev/null 2>&1
    umask 077
    wg genkey >/tmp/key
    wg set ${device} listen-port ${port} private-key /tmp/key
    ip address add ${end.address}/24 dev ${device}
    ip link set ${device} mtu ${mtu} up
    wg show ${device} public-key`;
  return (await end.output(["sh", "-ec", script])).trim();
}

async function addPeer(end: Way["from"], key: string, peer: Host): Promise<void> {
  const allowed = ["allowed-ips", `${inTunnel(peer)}/32`];
  await end.output(["wg", "set", device, "peer", key, "endpoint", `${peer.address}:${port}`, ...allowed]);
}
