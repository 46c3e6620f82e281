import { existsSync } from "node:fs";
import { join } from "node:path";
import { node, root } from "../lib/places.mjs";

/**
 * Something quick that must hold at every commit.
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly [string, ...string[]]} command
 * @property {string} fix what to do when it fails
 */

/** @param {string} path below node_modules @param {readonly string[]} args @returns {[string, ...string[]]} */
const tool = (path, ...args) => [node, join(root, "node_modules", path), ...args];
const present = (/** @type {string[]} */ ...folders) =>
  folders.filter((folder) => existsSync(join(root, folder)));

/** @type {readonly Check[]} */
export const checks = [
  {
    name: "format and lint",
    command: tool("@biomejs/biome/bin/biome", "ci", "--colors=off", "."),
    fix: "`npx biome check --write .` repairs most of it",
  },
  { name: "types", command: tool("typescript/bin/tsc", "--noEmit"), fix: "the message names the line" },
  {
    name: "architecture",
    command: tool(
      "dependency-cruiser/bin/dependency-cruiser.mjs",
      "--config",
      ".dependency-cruiser.mjs",
      "--output-type",
      "err-long",
      ...present("agent", "cli", "contract", "convert", "examples", "provider", "stacks", "test", "tools"),
    ),
    fix: "every violation says why its rule exists and what to do instead",
  },
  {
    name: "generated files are fresh",
    command: [node, "tools/generate.ts", "--check"],
    fix: "run `npm run generate` and commit what it wrote",
  },
  { name: "Go", command: ["sh", "tools/check/go.sh"], fix: "`gofmt -w` repairs the format" },
];

/** Beside the code, starts no process. The full test run includes it, so only the quick check runs it alone. @type {Check} */
export const unitTests = {
  name: "unit tests",
  command: [
    node,
    "--disable-warning=ExperimentalWarning",
    "--experimental-vm-modules",
    "node_modules/jest/bin/jest.js",
    "--selectProjects",
    "unit",
    "--maxWorkers=2",
    "--silent",
    "--reporters=summary",
  ],
  fix: "`npm run unit -- FILE` runs one file",
};
