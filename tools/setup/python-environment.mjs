import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { cache, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { makeFolder } from "./draft.mjs";

/** Where the virtual environment of a list of requirements is, shared by clones. @param {string} requirements */
export const environmentFolder = (requirements) =>
  join(cache, "tools", `python-${fingerprint([requirements], [process.arch])}`);

/** Makes that environment. Its programs are started by its `bin/python3`. @param {string} requirements */
export function makeEnvironment(requirements) {
  makeFolder(environmentFolder(requirements), (folder) => {
    run("python3", ["-m", "venv", folder]);
    pip(folder, ["install", "--requirement", join(root, requirements)]);
  });
}

/** @param {string} environment @param {readonly string[]} args */
export const pip = (environment, args) =>
  void run(join(environment, "bin", "python3"), [
    "-m",
    "pip",
    "--quiet",
    "--disable-pip-version-check",
    ...args,
  ]);
