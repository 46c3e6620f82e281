import { existsSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { cache } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { makeFolder } from "./draft.mjs";

const requirements = "tools/setup/python-requirements.txt";

/** A virtual environment; what runs Python programs puts its bin first in PATH. */
export const pythonFolder = () =>
  join(cache, "tools", `python-${fingerprint([requirements], [process.arch])}`);

/** @type {import("./step.mjs").Step} */
export const pythonSdk = {
  name: "Pulumi SDK for Python",
  only: ["test"],
  missing: () =>
    existsSync(pythonFolder()) ? undefined : "installing it into a virtual environment of its own",
  make: () =>
    makeFolder(pythonFolder(), (folder) => {
      run("python3", ["-m", "venv", folder]);
      run(join(folder, "bin", "python3"), [
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-r",
        requirements,
      ]);
    }),
};
