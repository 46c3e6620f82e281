/** What a tunnel is to be: this host's end of WireGuard with every other host. */
export interface TunnelInput {
  readonly listenPort: number;
  readonly mtu: number;
  readonly peers: readonly TunnelPeer[];
}

export interface TunnelPeer {
  /** In base64. */
  readonly publicKey: string;
  /** `ADDRESS:PORT`; absent: it is learned when the peer speaks first. */
  readonly endpoint?: string;
  /** CIDR: what it may send from, and what is sent to it. */
  readonly ranges: readonly string[];
  /** An empty packet so often keeps a way open that only this end can open; absent: none. */
  readonly keepAliveSeconds?: number;
}

export interface FoundTunnel {
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly TunnelPeer[];
}

/** Of `wg show DEVICE dump`, wg(8): a line of its own, then one a peer. */
export function parseDump(text: string): FoundTunnel {
  const [own = "", ...lines] = text.split("\n").filter(Boolean);
  const [, publicKey = "", listenPort = "0"] = own.split("\t");
  return { publicKey, listenPort: Number(listenPort), peers: lines.map(parsePeer) };
}

function parsePeer(line: string): TunnelPeer {
  const [publicKey = "", , endpoint = nothing, ranges = nothing, , , , keepAlive = "off"] = line.split("\t");
  return {
    publicKey,
    ranges: ranges === nothing ? [] : ranges.split(","),
    ...(endpoint !== nothing && { endpoint }),
    ...(keepAlive !== "off" && { keepAliveSeconds: Number(keepAlive) }),
  };
}

const nothing = "(none)";

/**
 * What to say to `wg set DEVICE`, a list of words for the device and for each peer that leads from what is found to what
 * is wanted; none: nothing to do. A peer that stays as it is keeps its session; an endpoint is set where it has none or
 * it changed since `before`, for peers may roam.
 */
export function changesOf(
  wanted: TunnelInput,
  found: FoundTunnel,
  own: { readonly publicKey: string; readonly keyFile: string },
  before: TunnelInput | undefined,
): string[][] {
  const device = [
    ...(found.publicKey === own.publicKey ? [] : ["private-key", own.keyFile]),
    ...(found.listenPort === wanted.listenPort ? [] : ["listen-port", String(wanted.listenPort)]),
  ];
  const known = byKey(found.peers);
  const earlier = byKey(before?.peers ?? []);
  const kept = byKey(wanted.peers);
  const gone = found.peers.filter(({ publicKey }) => !kept.has(publicKey));
  return [
    device,
    ...gone.map(({ publicKey }) => ["peer", publicKey, "remove"]),
    ...wanted.peers.map((peer) =>
      peerWords(peer, known.get(peer.publicKey), earlier.get(peer.publicKey)?.endpoint),
    ),
  ].filter(({ length }) => length > 0);
}

function peerWords(wanted: TunnelPeer, now: TunnelPeer | undefined, endpointBefore?: string): string[] {
  const { publicKey, endpoint, ranges, keepAliveSeconds = 0 } = wanted;
  const isMoved = now?.endpoint === undefined || endpointBefore !== endpoint;
  const changes = [
    ...(endpoint !== undefined && isMoved && endpoint !== now?.endpoint ? ["endpoint", endpoint] : []),
    ...(keepAliveSeconds === (now?.keepAliveSeconds ?? 0)
      ? []
      : ["persistent-keepalive", String(keepAliveSeconds)]),
    ...(now && sameSet(now.ranges, ranges) ? [] : ["allowed-ips", ranges.join(",")]),
  ];
  return changes.length === 0 ? [] : ["peer", publicKey, ...changes];
}

const byKey = (peers: readonly TunnelPeer[]) => new Map(peers.map((peer) => [peer.publicKey, peer]));

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}
