import type { SeenMember } from "./types.ts";

/** A change of who keeps the store. */
export type Change =
  | { readonly kind: "add"; readonly address: string }
  | { readonly kind: "promote"; readonly id: string }
  | { readonly kind: "remove"; readonly id: string };

/** More cost every write a round, and no larger cluster needs them. */
export const mostServers = 5;

/** How many of so many voters have to agree. */
export const majorityOf = (voters: number) => Math.floor(voters / 2) + 1;

/**
 * Why a change is not made, and what to do; undefined where it is safe: what answers now is a majority before it and after
 * it. Pure.
 */
export function refusalOf(change: Change, members: readonly SeenMember[]): string | undefined {
  const lost = lostQuorum(members);
  if (lost !== undefined) return lost;
  switch (change.kind) {
    case "add":
      return refusalToAdd(change.address, members);
    case "promote": {
      const learner = members.find(({ id, isLearner }) => id === change.id && isLearner);
      if (learner === undefined) return "it is no learner";
      if (!learner.isHealthy) return `${nameOf(learner)} does not answer; start it, or remove it`;
      return lackingAfter(members.map((one) => (one === learner ? { ...one, isLearner: false } : one)));
    }
    case "remove": {
      const rest = members.filter(({ id }) => id !== change.id);
      if (votersOf(rest).length === 0)
        return "it is the only one that keeps the state; take the cluster down there";
      return lackingAfter(rest);
    }
  }
}

/** That no change can be made at all, and what to do; undefined: it can. Pure. */
export function lostQuorum(members: readonly SeenMember[]): string | undefined {
  const voters = votersOf(members);
  const silent = voters.filter(({ isHealthy }) => !isHealthy);
  if (voters.length - silent.length >= majorityOf(voters.length)) return undefined;
  return `the servers have lost their majority: ${silent.length} of ${voters.length} do not answer (${namesOf(silent)}); start them, or, where they are gone for good, run \`constellation-agent recover\` here`;
}

/**
 * Why a server may not become the only one; undefined where it may. Pure. `isForced`: other servers that answer, but are no
 * majority, are given up as well.
 */
export function refusalToRecover(
  members: readonly SeenMember[],
  { hasQuorum, isLearner }: { readonly hasQuorum: boolean; readonly isLearner: boolean },
  isForced: boolean,
): string | undefined {
  if (hasQuorum)
    return "the servers have a majority; remove those that are gone for good: constellation servers";
  if (isLearner) return "this one never had all of the state; recover on another server";
  const answering = members.filter(({ isOwn, isHealthy }) => !isOwn && isHealthy);
  if (answering.length === 0 || isForced) return undefined;
  return `${namesOf(answering)} still answers; take its agent down first (constellation-agent down --force), or give up what it knows with --force here`;
}

function refusalToAdd(address: string, members: readonly SeenMember[]): string | undefined {
  const same = members.find((member) => member.address === address);
  if (same !== undefined)
    // Its answer may have been lost; one that was started has voted, and must not begin again from nothing.
    return same.name === undefined
      ? undefined
      : `${same.name} at ${address} keeps the state already; remove that server first`;
  const learner = members.find(({ isLearner }) => isLearner);
  if (learner)
    return `${nameOf(learner)} is still joining; wait until it keeps the state, or remove that server`;
  return members.length < mostServers
    ? undefined
    : `there are ${members.length} servers, the most there can be; remove one first`;
}

function lackingAfter(members: readonly SeenMember[]): string | undefined {
  const voters = votersOf(members);
  const silent = voters.filter(({ isHealthy }) => !isHealthy);
  const [healthy, needed] = [voters.length - silent.length, majorityOf(voters.length)];
  if (healthy >= needed) return undefined;
  return `the majority would be lost: ${healthy} of ${voters.length} servers would answer, ${needed} are needed; start ${namesOf(silent)} or remove it first`;
}

function votersOf(members: readonly SeenMember[]): SeenMember[] {
  return members.filter(({ isLearner }) => !isLearner);
}

const nameOf = ({ name, address, id }: SeenMember) => name ?? address ?? id;
const namesOf = (members: readonly SeenMember[]) => members.map(nameOf).join(", ");
