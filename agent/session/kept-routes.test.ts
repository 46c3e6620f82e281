import { expect, test } from "@jest/globals";
import { withKeptRoutes } from "./kept-routes.ts";
import type { Assignment, ServiceRoute } from "./types.ts";

const route = (name: string): ServiceRoute => ({
  ...{ uid: name, namespace: "shop", name, aliases: [], address: "240.0.0.1" },
  ...{ discovery: "virtual", ports: [], endpoints: [] },
});
const assignment = (names: readonly string[], unknownServices?: readonly string[]): Assignment => ({
  ...{ revision: 1, placements: [], specs: {}, secrets: {}, configs: {}, registries: {} },
  host: {
    ...{ name: "alpha", cidr: "10.64.0.0/22", gateway: "10.64.0.1", clusterCidr: "10.64.0.0/12" },
    ...{ serviceCidr: "240.0.0.0/4", domain: "internal" },
  },
  services: names.map(route),
  ...(unknownServices && { unknownServices }),
});
const names = ({ services }: Assignment) => services.map(({ name }) => name);

test("a route that the servers cannot tell stays, one that they took away goes", () => {
  const before = assignment(["web", "gone", "api"]);
  expect(names(withKeptRoutes(assignment(["api"], ["shop/web"]), before))).toEqual(["api", "web"]);
  expect(names(withKeptRoutes(assignment(["api"], ["shop/web"]), undefined))).toEqual(["api"]);
  expect(names(withKeptRoutes(assignment(["api"]), before))).toEqual(["api"]);
});
