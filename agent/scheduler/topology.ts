import type { Affinity, Spread } from "../../contract/index.ts";
import type { Domains, Fleet } from "./fleet.ts";
import type { Reason, Request } from "./types.ts";

/** What each wish weighs: a heavier one is never outweighed by lighter ones, as skews are counted up to a bound. */
export const weights = { taint: 1e9, affinity: 1e7, spread: 1e3, own: 4, open: 4 } as const;
const mostSkew = 99;

/** A rule about where other instances are: which hosts it forbids, how much it wishes for the others. */
interface View {
  readonly reason: Reason;
  forbids(host: number): boolean;
  wishes(host: number): number;
}

/** Rules of a request about where other instances are, given what is on the fleet now. */
export function topologyOf(fleet: Fleet, request: Request, group: string): View[] {
  return [
    ...request.affinity.map((rule) => affinityView(fleet, request, group, rule)),
    ...[...(fleet.keptApart.get(request.service)?.values() ?? [])].map(({ service, key }) =>
      apartView(fleet, key, fleet.byService.get(service), {
        one: `has ${service}, which keeps away from it`,
        many: `have ${service}, which keeps away from it`,
      }),
    ),
    ...request.spread.map((rule) => spreadView(fleet, request, group, rule)),
  ];
}

function affinityView(fleet: Fleet, request: Request, group: string, rule: Affinity): View {
  const isOwn = rule.service === request.service;
  // Of its own service, those it stands beside for good: an older revision is about to go.
  const counts = isOwn ? fleet.byGroup.get(group) : fleet.byService.get(rule.service);
  const target = rule.service.split("/")[1] ?? rule.service;
  const place = rule.key === "host.name" ? "" : ` in its ${rule.key}`;
  if (rule.rule === "apart") {
    const words = isOwn ? `another ${target}` : target;
    const view = apartView(fleet, rule.key, counts, {
      one: `has ${words}${place}`,
      many: `have ${words}${place}`,
    });
    return rule.required ? view : asWish(view);
  }
  const near = perDomain(fleet.domains(rule.key), counts);
  const isFirst = isOwn && (counts?.size ?? 0) === 0;
  const view = {
    reason: { one: `has no ${target}${place}`, many: `have no ${target}${place}` },
    forbids: (host: number) => !isFirst && near(host) === 0,
    wishes: () => 0,
  };
  return rule.required ? view : asWish(view);
}

function apartView(fleet: Fleet, key: string, counts: Counts, reason: Reason): View {
  const near = perDomain(fleet.domains(key), counts);
  return { reason, forbids: (host) => near(host) > 0, wishes: () => 0 };
}

function spreadView(fleet: Fleet, request: Request, group: string, rule: Spread): View {
  const domains = fleet.domains(rule.key);
  const near = perDomain(domains, fleet.byGroup.get(group));
  const least = leastOf(fleet, request, domains, near);
  const isHard = rule.whenUnsatisfiable === "DoNotSchedule";
  return {
    reason: {
      one: `would break the spread over ${rule.key}`,
      many: `would break the spread over ${rule.key}`,
    },
    forbids: (host) => isHard && (domains.of[host] === -1 || near(host) + 1 - least > rule.maxSkew),
    // A host without the label is as good as the fullest.
    wishes: (host) =>
      -weights.spread * (domains.of[host] === -1 ? mostSkew : Math.min(mostSkew, near(host) - least)),
  };
}

/** The fewest instances in any place that could take one by its nature. */
function leastOf(fleet: Fleet, request: Request, domains: Domains, near: (host: number) => number): number {
  const welcomes = fleet.welcome(request);
  let least = Number.POSITIVE_INFINITY;
  for (let host = 0; host < welcomes.length; host++)
    if (welcomes[host] !== 0 && domains.of[host] !== -1) least = Math.min(least, near(host));
  return least === Number.POSITIVE_INFINITY ? 0 : least;
}

type Counts = ReadonlyMap<number, number> | undefined;

/** How many are in a host's domain; 0 where the label is not set. */
function perDomain({ of, count }: Domains, counts: Counts): (host: number) => number {
  const sums = new Int32Array(count);
  for (const [host, number] of counts ?? []) {
    const domain = of[host] ?? -1;
    if (domain >= 0) sums[domain] = (sums[domain] ?? 0) + number;
  }
  return (host) => sums[of[host] ?? -1] ?? 0;
}

function asWish({ reason, forbids }: View): View {
  return { reason, forbids: () => false, wishes: (host) => (forbids(host) ? -weights.affinity : 0) };
}
