import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { python, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";
import { environmentFolder, makeEnvironment, pip } from "./python-environment.mjs";

const requirements = "tools/setup/python-requirements.txt";
const sources = () => fingerprint(["sdk/python", requirements], [process.arch]);
const packagesFolder = () => environmentFolder(requirements);

/** What Python programs import from the registry: shared by clones. @type {import("./step.mjs").Step} */
export const pythonPackages = {
  name: "Python packages",
  only: ["test"],
  missing: () => (existsSync(packagesFolder()) ? undefined : `installing what ${requirements} names`),
  make: () => makeEnvironment(requirements),
};

/**
 * A virtual environment with this clone's Python SDK, on top of those packages. What runs a Python program
 * puts its bin first in PATH.
 *
 * @type {import("./step.mjs").Step}
 */
export const pythonSdk = {
  name: "Python SDK",
  only: ["test"],
  missing: () => {
    const isMade = existsSync(python) && isStamped("python-sdk", sources());
    return isMade || !existsSync(join(root, "sdk", "python"))
      ? undefined
      : "installing sdk/python into dist/python";
  },
  make: () => {
    rmSync(python, { recursive: true, force: true });
    run("python3", ["-m", "venv", "--without-pip", python]);
    writeFileSync(join(sitePackages(python), "packages.pth"), `${sitePackages(packagesFolder())}\n`);
    installSdk();
    stamp("python-sdk", sources());
  },
};

/** From a copy, because the build leaves its traces beside the sources. */
function installSdk() {
  const copy = mkdtempSync(join(tmpdir(), "constellation-python-"));
  try {
    cpSync(join(root, "sdk", "python"), copy, { recursive: true });
    pip(packagesFolder(), [
      "--python",
      join(python, "bin", "python3"),
      "install",
      "--no-deps",
      "--no-build-isolation",
      copy,
    ]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** @param {string} environment */
function sitePackages(environment) {
  const [version = ""] = readdirSync(join(environment, "lib")); // lib/python3.11
  return join(environment, "lib", version, "site-packages");
}
