import type { FastifyReply, FastifyRequest } from "fastify";
import { ConstellationError, type Route, routes } from "../../contract/index.ts";

interface Path {
  readonly matches: RegExp;
  readonly methods: readonly string[];
}

/** What the API has at each path; one without parameters comes before one whose parameter would take it too. */
const paths: readonly Path[] = [...Map.groupBy(Object.values<Route>(routes), ({ path }) => path)]
  .map(([path, own]) => ({
    hasParameters: path.includes(":"),
    matches: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+")}$`),
    methods: own.map(({ method }) => method),
  }))
  .sort((one, other) => Number(one.hasParameters) - Number(other.hasParameters));

/** Throws `wrong-method` where the path is one of the API's, but not with this method; before anything is read. */
export function refuseMethod({ method, url }: FastifyRequest, reply: FastifyReply): void {
  const [path = ""] = url.split("?");
  const methods = paths.find(({ matches }) => matches.test(path))?.methods;
  if (methods === undefined || methods.includes(method)) return;
  reply.header("allow", methods.join(", "));
  const reason = `not with this method; use ${methods.join(" or ")}`;
  throw new ConstellationError("wrong-method", `${method} ${url}: ${reason}`);
}
