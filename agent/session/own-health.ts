import type { Instance } from "../../contract/index.ts";
import type { Assignment } from "./types.ts";

/** This host's instances that take no traffic as it sees them itself, whatever the servers have heard so far. */
export function idleAmong(instances: readonly Instance[]): ReadonlySet<string> {
  const idle = instances.filter(({ state, healthy }) => state !== "running" || !healthy);
  return new Set(idle.map(({ id }) => id));
}

/** Those of them that the routes lead to. */
export function routedAmong({ services }: Assignment, idle: ReadonlySet<string>): ReadonlySet<string> {
  if (idle.size === 0) return idle;
  const led = services.flatMap(({ endpoints }) => endpoints.filter(({ instance }) => idle.has(instance)));
  return new Set(led.map(({ instance }) => instance));
}

/** An assignment whose routes lead to none of these; a route that did not is the same object. Pure. */
export function withoutRoutesTo(assignment: Assignment, routed: ReadonlySet<string>): Assignment {
  if (routed.size === 0) return assignment;
  const services = assignment.services.map((route) => {
    const endpoints = route.endpoints.filter(({ instance }) => !routed.has(instance));
    return endpoints.length === route.endpoints.length ? route : { ...route, endpoints };
  });
  return { ...assignment, services };
}
