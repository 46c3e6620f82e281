import { type Delta, deltaOf, isSame } from "../lib/delta.ts";
import type { Assignment, ServiceRoute } from "./types.ts";

/** One host's assignments as lines of its session, one after the other. */
export type WriteAssignment = (assignment: Assignment, servers: readonly string[]) => readonly Buffer[];

type Routes = readonly ServiceRoute[];

/**
 * The routes, by far the longest part in a large cluster, become text once for all hosts, which send the same bytes: all of them
 * at first, then what changed. `takesChanges`: the host can put changes together; an older one is told everything each time.
 */
export function createLines(): (takesChanges: boolean) => WriteAssignment {
  const whole = remembered((services: Routes) => Buffer.from(JSON.stringify(services)));
  const first = remembered((services: Routes) => routesLine({ is: services }));
  const later = remembered((before: Routes) =>
    remembered((services: Routes) => {
      const delta = deltaOf(before, services);
      return isSame(delta) ? Buffer.alloc(0) : routesLine(delta);
    }),
  );
  return (takesChanges) => {
    if (!takesChanges)
      return (assignment, servers) => wholeLine(assignment, whole(assignment.services), servers);
    let told: { readonly services: Routes; readonly own: object } | undefined;
    return ({ services, ...own }, servers) => {
      const before = told;
      told = { services, own };
      const routes = before ? later(before.services)(services) : first(services);
      return [routes, Buffer.from(`${JSON.stringify({ own: deltaOf(before?.own, own), servers })}\n`)];
    };
  };
}

const routesLine = (services: Delta) => Buffer.from(`${JSON.stringify({ services })}\n`);

function wholeLine({ services: _, ...own }: Assignment, services: Buffer, servers: readonly string[]) {
  return [
    Buffer.from(`{"assignment":${JSON.stringify(own).slice(0, -1)},"services":`),
    services,
    Buffer.from(`},"servers":${JSON.stringify(servers)}}\n`),
  ];
}

/** A function that is asked often for the same objects. */
function remembered<K extends object, V extends object>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
