import type { Assignment, ServiceRoute } from "./types.ts";

/** Writes assignments as lines of the session, in parts. */
export type WriteAssignment = (assignment: Assignment, servers: readonly string[]) => readonly Buffer[];

/** The routes, by far the longest part in a large cluster, become text once for all hosts, which send the same bytes. */
export function createLines(): WriteAssignment {
  const texts = new WeakMap<readonly ServiceRoute[], Buffer>();
  const textOf = (services: readonly ServiceRoute[]) => {
    const text = texts.get(services) ?? Buffer.from(JSON.stringify(services));
    texts.set(services, text);
    return text;
  };
  return ({ services, ...own }, servers) => [
    Buffer.from(`{"assignment":${JSON.stringify(own).slice(0, -1)},"services":`),
    textOf(services),
    Buffer.from(`},"servers":${JSON.stringify(servers)}}\n`),
  ];
}
