import type { TrafficPlan } from "./types.ts";

/**
 * Ways UDP packets take: sent to an address (`host`: to any of this host's own), answered by one of some instances, or by
 * this host itself. The kernel keeps a sender on its way for as long as it sends, whatever the rules say by now.
 */
export interface UdpWays {
  readonly destination: string;
  /** Set for a published port, absent for a virtual address, which has them all. */
  readonly port?: number;
  readonly answeredBy: readonly string[];
}

const host = "host";

/** Every way that the plan's rules open. Any port of a service may be spoken to by UDP, declared or not. */
export function udpWays({ services, published }: TrafficPlan): UdpWays[] {
  const ports = published.filter(({ protocol }) => protocol === "udp");
  return [
    ...services.map(({ address, targets }) => ({ destination: address, answeredBy: targets })),
    ...ports.map(({ hostIp = host, port, targets }) => ({ destination: hostIp, port, answeredBy: targets })),
  ].filter(({ answeredBy }) => answeredBy.length > 0);
}

/**
 * The ways to forget when the rules change from `before` to `after`: to instances that no longer take traffic; and,
 * where a port was not published before, to the host itself. What has the same list of instances is not looked into.
 */
export function waysToForget(before: readonly UdpWays[], after: readonly UdpWays[]): UdpWays[] {
  const open = new Map(after.map((ways) => [entranceOf(ways), ways.answeredBy]));
  const known = new Set(before.map(entranceOf));
  const begun = after.filter((ways) => ways.port !== undefined && !known.has(entranceOf(ways)));
  return [
    ...before.flatMap((ways) => {
      const left = open.get(entranceOf(ways)) ?? [];
      if (left === ways.answeredBy) return [];
      const kept = new Set(left);
      const answeredBy = ways.answeredBy.filter((address) => !kept.has(address));
      return answeredBy.length === 0 ? [] : [{ ...ways, answeredBy }];
    }),
    ...begun.map((ways) => ({ ...ways, answeredBy: [ways.destination] })),
  ];
}

/** The pairs of addresses that ways stand for, each once, given this host's own addresses. */
export function pairsOf(
  forgotten: readonly UdpWays[],
  hostAddresses: readonly string[],
): { originalDestination: string; replySource: string }[] {
  const pairs = forgotten.flatMap(({ destination, answeredBy }) => {
    const destinations = destination === host ? hostAddresses : [destination];
    return destinations.flatMap((originalDestination) =>
      answeredBy.map((address) => ({
        originalDestination,
        replySource: address === destination ? originalDestination : address,
      })),
    );
  });
  return [
    ...new Map(pairs.map((pair) => [`${pair.originalDestination} ${pair.replySource}`, pair])).values(),
  ];
}

function entranceOf({ destination, port }: UdpWays): string {
  return `${destination} ${port ?? "any"}`;
}
