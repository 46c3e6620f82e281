import type { Affinity, Spread } from "../../contract/index.ts";
import type { Domains, Fleet } from "./fleet.ts";
import type { Reason, Request } from "./types.ts";

/** What each wish weighs: a heavier one is never outweighed by lighter ones, as skews are counted up to a bound. */
export const weights = { taint: 1e9, affinity: 1e7, spread: 1e3, own: 4, open: 4 } as const;
const mostSkew = 99;

/** A rule about where other instances are: what it wishes of each place, -Infinity where none may come. */
export interface View {
  readonly reason: Reason;
  readonly domains: Domains;
  /** By the number of a host's domain. */
  readonly wishes: Float64Array;
  /** Of hosts where the label is not set. */
  readonly unset: number;
}

export const forbids = ({ domains, wishes, unset }: View, host: number): boolean => {
  const domain = domains.of[host] ?? -1;
  return (domain === -1 ? unset : wishes[domain]) === Number.NEGATIVE_INFINITY;
};

/** Rules of a request about where other instances are, given what is on the fleet now. */
export function topologyOf(fleet: Fleet, request: Request, group: string): View[] {
  return [
    ...request.affinity.map((rule) => affinityView(fleet, request, group, rule)),
    ...[...(fleet.keptApart.get(request.service)?.values() ?? [])].map(({ service, key }) => {
      const words = `${service}, which keeps away from it`;
      const reason = { one: `has ${words}`, many: `have ${words}` };
      return apartView(fleet.domains(key), fleet.byService.get(service), reason, never);
    }),
    ...request.spread.map((rule) => spreadView(fleet, request, group, rule)),
  ];
}

const never = Number.NEGATIVE_INFINITY;

function affinityView(fleet: Fleet, request: Request, group: string, rule: Affinity): View {
  const isOwn = rule.service === request.service;
  // Of its own service, those it stands beside for good: an older revision is about to go.
  const counts = isOwn ? fleet.byGroup.get(group) : fleet.byService.get(rule.service);
  const domains = fleet.domains(rule.key);
  const target = rule.service.split("/")[1] ?? rule.service;
  const place = rule.key === "host.name" ? "" : ` in its ${rule.key}`;
  const cost = rule.required ? never : -weights.affinity;
  if (rule.rule === "apart") {
    const words = `${isOwn ? "another " : ""}${target}${place}`;
    return apartView(domains, counts, { one: `has ${words}`, many: `have ${words}` }, cost);
  }
  const isFirst = isOwn && (counts?.size ?? 0) === 0;
  const farCost = isFirst ? 0 : cost;
  return {
    reason: { one: `has no ${target}${place}`, many: `have no ${target}${place}` },
    ...{ domains, unset: farCost },
    wishes: mapped(perDomain(domains, counts), (near) => (near > 0 ? 0 : farCost)),
  };
}

function apartView(domains: Domains, counts: Counts, reason: Reason, cost: number): View {
  const wishes = mapped(perDomain(domains, counts), (near) => (near > 0 ? cost : 0));
  return { reason, domains, wishes, unset: 0 };
}

function spreadView(fleet: Fleet, request: Request, group: string, rule: Spread): View {
  const { key, maxSkew, whenUnsatisfiable } = rule;
  const domains = fleet.domains(key);
  const counts = perDomain(domains, fleet.byGroup.get(group));
  const least = leastOf(counts, fleet.openDomains(request, key));
  const isHard = whenUnsatisfiable === "DoNotSchedule";
  const words = `would break the spread over ${key}`;
  return {
    reason: { one: words, many: words },
    domains,
    wishes: mapped(counts, (near) =>
      isHard && near + 1 - least > maxSkew ? never : -weights.spread * Math.min(mostSkew, near - least),
    ),
    // Without the label it is as good as the fullest.
    unset: isHard ? never : -weights.spread * mostSkew,
  };
}

/** The fewest instances in any place that could take one by its nature. */
function leastOf(counts: Int32Array, isOpen: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let domain = 0; domain < counts.length; domain++)
    if (isOpen[domain] === 1) least = Math.min(least, counts[domain] as number);
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

/** A loop: `Float64Array.from` is ten times as slow. */
function mapped(counts: Int32Array, wish: (count: number) => number): Float64Array {
  const wishes = new Float64Array(counts.length);
  for (let domain = 0; domain < counts.length; domain++) wishes[domain] = wish(counts[domain] as number);
  return wishes;
}

type Counts = ReadonlyMap<number, number> | undefined;

/** How many are in each domain. */
function perDomain({ of, count }: Domains, counts: Counts): Int32Array {
  const sums = new Int32Array(count);
  for (const [host, number] of counts ?? []) {
    const domain = of[host] ?? -1;
    if (domain >= 0) sums[domain] = (sums[domain] ?? 0) + number;
  }
  return sums;
}
