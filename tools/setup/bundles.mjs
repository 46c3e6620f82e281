import { existsSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { node, programs, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";

const sources = () =>
  fingerprint([
    "agent",
    "cli",
    "contract",
    "convert",
    "provider",
    "tools/build.mjs",
    "tools/build",
    "package-lock.json",
  ]);

/** @type {import("./step.mjs").Step} */
export const bundles = {
  name: "bundles",
  missing: () =>
    existsSync(programs) && isStamped("bundles", sources()) ? undefined : "bundling agent, cli and provider",
  make: () => {
    const before = sources();
    run(node, [join(root, "tools", "build.mjs")]);
    stamp("bundles", before);
  },
};
