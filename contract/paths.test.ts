import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { agentPaths, agentPathsOf } from "./paths.ts";

test.each([undefined, "/srv/one", "/run/two"])("the socket tells the root: %s", (root) => {
  expect(agentPathsOf(agentPaths(root).socket)).toEqual(agentPaths(root));
});

/** The guard's own test reads the same file. */
const vectors: { root: string; id: string; stateDir: string; runDir: string }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "paths.vectors.json"), "utf8"),
);

test.each(vectors)("a folder has one name alone: '$root'", ({ root, ...paths }) => {
  expect(agentPaths(root)).toMatchObject(paths);
});

test("a relative root starts at the working folder", () => {
  expect(agentPaths("one/")).toEqual(agentPaths(join(process.cwd(), "one")));
});
