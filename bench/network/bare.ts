import { type Host, lab } from "../../test/lab/index.ts";
import { endOn } from "./end.ts";
import type { Way } from "./types.ts";

/** Two hosts that run nothing. */
export interface Bare extends AsyncDisposable {
  /** As they reach each other. */
  readonly underlay: Way;
  /** Between network namespaces on them, as instances are linked, with forwarding and nothing else. */
  readonly routed: Way;
  /** By wireguard-go and wg(8) alone. */
  readonly tunnel: Way;
}

export async function startBare(): Promise<Bare> {
  const hosts = await lab.up(2);
  try {
    const [one, two] = hosts.hosts as [Host, Host];
    const underlay = await wayOf("underlay", one, two, ({ address }) => address);
    const tunnel = await wayOf("wireguard-go", one, two, inTunnel);
    const routed = await wayOf("routed", one, two, inNamespace, [
      "nsenter",
      `--net=/run/netns/${namespace}`,
      "--",
    ]);
    await linkNamespace(underlay.from, one, two);
    await linkNamespace(underlay.to, two, one);
    const keys = [await makeDevice(tunnel.from), await makeDevice(tunnel.to)] as const;
    await addPeer(tunnel.from, keys[1], two);
    await addPeer(tunnel.to, keys[0], one);
    return { underlay, routed, tunnel, [Symbol.asyncDispose]: hosts.down };
  } catch (error) {
    await hosts.down();
    throw error;
  }
}

const device = "tool0";
const port = 51_820;
/** What the agent computes for this underlay, too. */
const mtu = 1440;
const namespace = "inner";
const rangeOf = ({ number }: Host) => `172.30.${number}`;
const inNamespace = (host: Host) => `${rangeOf(host)}.2`;

/** One link more and one hop more on either side, which is what an instance has. */
async function linkNamespace(end: Way["from"], host: Host, peer: Host): Promise<void> {
  const own = rangeOf(host);
  const script = `
    ip netns add ${namespace}
    ip link add ${namespace} type veth peer name eth0 netns ${namespace}
    ip address add ${own}.1/24 dev ${namespace}
    ip link set ${namespace} up
    ip -n ${namespace} address add ${own}.2/24 dev eth0
    ip -n ${namespace} link set eth0 up
    ip -n ${namespace} route add default via ${own}.1
    ip route add ${rangeOf(peer)}.0/24 via ${peer.address}
    echo 1 >/proc/sys/net/ipv4/ip_forward`;
  await end.output(["sh", "-ec", script]);
}

const inTunnel = ({ number }: Host) => `172.31.0.${number}`;

async function wayOf(
  name: Way["name"],
  one: Host,
  two: Host,
  address: (host: Host) => string,
  within: readonly string[] = [],
): Promise<Way> {
  return { name, from: await endOn(one, address(one), within), to: await endOn(two, address(two), within) };
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
