import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { programs, root } from "../lib/places.mjs";
import { findProgram, run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";

const program = join(programs, "constellation-guard");
const sources = () => fingerprint(["agent/guard"], [process.arch]);

/** @type {import("./step.mjs").Step} */
export const guard = {
  name: "guard",
  missing: () =>
    existsSync(program) && isStamped("guard", sources()) ? undefined : "building agent/guard with Go",
  make: () => {
    if (findProgram("go") === undefined)
      throw new Error("go not found; install Go 1.25 or newer (https://go.dev/dl)");
    mkdirSync(programs, { recursive: true });
    const draft = `${program}.${process.pid}`;
    run("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", draft, "."], {
      cwd: join(root, "agent", "guard"),
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false" },
    });
    renameSync(draft, program); // a guard that runs keeps its own file
    stamp("guard", sources());
  },
};
