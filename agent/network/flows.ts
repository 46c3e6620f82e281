import type { TrafficPlan } from "./types.ts";

/**
 * A way UDP packets take: sent to an address (`host`: to any of this host's own), answered by an instance, or by this
 * host itself. The kernel keeps a sender on its way for as long as it sends, whatever the rules say by now.
 */
export interface UdpWay {
  readonly destination: string;
  /** Set for a published port, absent for a virtual address, which has them all. */
  readonly port?: number;
  readonly answeredBy: string;
}

const host = "host";

/** Every way that the plan's rules open. Any port of a service may be spoken to by UDP, declared or not. */
export function udpWays({ services, published }: TrafficPlan): UdpWay[] {
  const virtual = services.flatMap(({ address, targets }) =>
    targets.map((answeredBy) => ({ destination: address, answeredBy })),
  );
  const ports = published.filter(({ protocol }) => protocol === "udp");
  return [
    ...virtual,
    ...ports.flatMap(({ hostIp = host, port, targets }) =>
      targets.map((answeredBy) => ({ destination: hostIp, port, answeredBy })),
    ),
  ];
}

/**
 * The ways to forget when the rules change from `before` to `after`: to instances that no longer take traffic; and,
 * where a port was not published before, to the host itself.
 */
export function waysToForget(before: readonly UdpWay[], after: readonly UdpWay[]): UdpWay[] {
  const open = new Set(after.map(keyOf));
  const known = new Set(before.map(entranceOf));
  const begun = after.filter((way) => way.port !== undefined && !known.has(entranceOf(way)));
  return [
    ...before.filter((way) => !open.has(keyOf(way))),
    ...begun.map((way) => ({ ...way, answeredBy: way.destination })),
  ];
}

/** The pairs of addresses that ways stand for, each once, given this host's own addresses. */
export function pairsOf(
  forgotten: readonly UdpWay[],
  hostAddresses: readonly string[],
): { originalDestination: string; replySource: string }[] {
  const pairs = forgotten.flatMap(({ destination, answeredBy }) => {
    const destinations = destination === host ? hostAddresses : [destination];
    return destinations.map((originalDestination) => ({
      originalDestination,
      replySource: answeredBy === destination ? originalDestination : answeredBy,
    }));
  });
  return [
    ...new Map(pairs.map((pair) => [`${pair.originalDestination} ${pair.replySource}`, pair])).values(),
  ];
}

function entranceOf({ destination, port }: UdpWay): string {
  return `${destination} ${port ?? "any"}`;
}

function keyOf(way: UdpWay): string {
  return `${entranceOf(way)} ${way.answeredBy}`;
}
