import type { Rejection } from "./types.ts";

/** Hosts named for one reason; the others are counted. */
const named = 3;

/**
 * Why no host takes it, in one line, the commonest reason first: `3 hosts: 2 lack 512Mi of memory (a: 200Mi free,
 * b: 0 free), 1 has the taint gpu (c)`.
 */
export function describeRejections(rejections: readonly Rejection[]): string {
  const [first] = rejections;
  if (first === undefined) return "there is no host";
  if (rejections.length === 1) {
    const { host, reason } = first;
    return `1 host: ${host} ${reason.one}${reason.detail === undefined ? "" : ` (${reason.detail})`}`;
  }
  const groups = [...Map.groupBy(rejections, ({ reason }) => reason.one).values()];
  const said = groups
    .sort((a, b) => b.length - a.length || (phraseOf(a) < phraseOf(b) ? -1 : 1))
    .map((group) => {
      const count = group.length === rejections.length ? "all" : group.length;
      return `${count} ${phraseOf(group)} (${hostsOf(group)})`;
    });
  return `${rejections.length} hosts: ${said.join(", ")}`;
}

function phraseOf(group: readonly Rejection[]): string {
  const reason = group[0]?.reason;
  return (group.length === 1 ? reason?.one : reason?.many) ?? "";
}

function hostsOf(group: readonly Rejection[]): string {
  const names = group
    .slice(0, named)
    .map(({ host, reason: { detail } }) => (detail === undefined ? host : `${host}: ${detail}`));
  const more = group.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
