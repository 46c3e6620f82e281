import { existsSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { node, root } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";

const sources = () => fingerprint(["tools/images"], [process.arch]);
const isBuilt = () => existsSync(join(root, ".images", "index.json")) && isStamped("images", sources());

/**
 * The images that tests run, from Debian's packages. Quickstart builds its own, to show how far it is.
 *
 * @type {import("./step.mjs").Step}
 */
export const images = {
  name: "images",
  only: ["lab", "test", "bench"],
  missing: () => (isBuilt() ? undefined : "building busybox, nginx, redis and node from Debian's packages"),
  make: () => {
    run(node, [join(root, "tools", "images", "main.ts")]);
    stamp("images", sources());
  },
};
