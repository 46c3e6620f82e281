import type { Op, SeenServer, View, WantedServer } from "./types.ts";

/** No cluster has more; one that is to be replaced goes first then. */
const mostServers = 5;

const majorityOf = (voters: number) => Math.floor(voters / 2) + 1;

/**
 * The next step from what is to what is wanted; undefined where nothing is left to do. Pure. In order: who is joining is waited
 * for; who is lost goes, so that the next failure is survived; who is missing comes; who is surplus goes, the leader last.
 * Never a removal after which those that answer would be no majority.
 */
export function decide(view: View): Op | undefined {
  return whoJoins(view) ?? whoIsLost(view) ?? whoIsMissing(view) ?? whoIsSurplus(view);
}

function whoJoins({ wanted, seen }: View): Op | undefined {
  const learner = seen.find(({ role }) => role === "learner");
  if (learner === undefined) return undefined;
  const machine = wanted.find(({ name }) => name === learner.name)?.machine;
  if (machine === "serving") return { kind: "await", name: learner.name };
  return { kind: "remove", name: learner.name, reason: "it never came to keep the state" };
}

function whoIsLost({ wanted, seen }: View): Op | undefined {
  const forgotten = seen.find(
    ({ name, role }) => role === "none" && !wanted.some((one) => one.name === name),
  );
  if (forgotten) return { kind: "remove", name: forgotten.name, reason: "it keeps nothing" };
  for (const server of byName(seen.filter(({ role }) => role === "voter"))) {
    const machine = wanted.find(({ name }) => name === server.name)?.machine;
    if (machine === "blank") return remove(server, seen, "its machine holds no state any more");
    if (machine === undefined && !server.isHealthy)
      return remove(server, seen, "it is not wanted any more, and does not answer");
  }
  return undefined;
}

function whoIsMissing({ wanted, seen }: View): Op | undefined {
  const kept = seen.filter(({ role }) => role !== "none");
  const next = byName(wanted).find(
    ({ name, machine }) => machine !== "away" && !kept.some((server) => server.name === name),
  );
  if (next === undefined) return undefined;
  return kept.length < mostServers ? { kind: "join", name: next.name } : whoIsSurplus({ wanted, seen });
}

function whoIsSurplus({ wanted, seen }: View): Op | undefined {
  const isWanted = ({ name }: SeenServer) => wanted.some((one) => one.name === name);
  const [first] = byName(seen)
    .filter((server) => !isWanted(server))
    .sort((one, other) => Number(one.isLeader) - Number(other.isLeader));
  return first && remove(first, seen, "it is not wanted any more");
}

function remove(server: SeenServer, seen: readonly SeenServer[], reason: string): Op {
  const rest = seen.filter(({ name, role }) => name !== server.name && role === "voter");
  const silent = rest.filter(({ isHealthy }) => !isHealthy);
  if (rest.length - silent.length >= majorityOf(rest.length))
    return { kind: "remove", name: server.name, reason };
  const names = silent.map(({ name }) => name).join(", ");
  if (names === "") {
    const fix = "name another one beside it first, and take this one out after that";
    return { kind: "blocked", reason: `remove server ${server.name}: it is the only one; ${fix}` };
  }
  return {
    kind: "blocked",
    reason: `remove server ${server.name}: the others would be no majority while ${names} ${silent.length === 1 ? "does" : "do"} not answer; start ${names} first`,
  };
}

/** The same whichever way the program or the cluster lists them. */
function byName<T extends SeenServer | WantedServer>(all: readonly T[]): T[] {
  return [...all].sort((one, other) => (one.name < other.name ? -1 : 1));
}
