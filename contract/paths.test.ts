import { expect, test } from "@jest/globals";
import { agentPaths, agentPathsOf } from "./paths.ts";

test.each([undefined, "/srv/one", "/run/two"])("the socket tells the root: %s", (root) => {
  expect(agentPathsOf(agentPaths(root).socket)).toEqual(agentPaths(root));
});
