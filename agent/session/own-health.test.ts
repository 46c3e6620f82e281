import { expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { idleAmong, routedAmong, withoutRoutesTo } from "./own-health.ts";
import type { Assignment } from "./types.ts";

const instance = (id: string, state: Instance["state"], healthy: boolean) =>
  ({ id, state, healthy }) as Instance;
const assignment = {
  services: [
    { name: "web", endpoints: ["web-0", "web-1"].map((id) => ({ instance: id })) },
    { name: "api", endpoints: [{ instance: "api-0" }] },
  ],
} as unknown as Assignment;

test("routes lead to no instance of one's own that does not serve; those of others stay as they are", () => {
  const idle = idleAmong([
    instance("web-0", "running", false),
    instance("api-0", "running", true),
    instance("db-0", "starting", false),
  ]);
  const routed = routedAmong(assignment, idle);
  expect([...routed]).toEqual(["web-0"]);
  const { services } = withoutRoutesTo(assignment, routed);
  expect(services.map(({ endpoints }) => endpoints.map((one) => one.instance))).toEqual([
    ["web-1"],
    ["api-0"],
  ]);
  expect(services[1]).toBe(assignment.services[1]);
  expect(withoutRoutesTo(assignment, new Set())).toBe(assignment);
});
