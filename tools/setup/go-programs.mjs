import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { programs, root } from "../lib/places.mjs";
import { findProgram, run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";

/** Our own programs in Go: static, built of nothing but what their go.mod and go.sum name. */
export const guard = goProgram("guard");
export const registry = goProgram("registry");

/**
 * @param {string} name of the folder below agent/, and of the program after `constellation-`
 * @returns {import("./step.mjs").Step}
 */
function goProgram(name) {
  const program = join(programs, `constellation-${name}`);
  const sources = () => fingerprint([`agent/${name}`], [process.arch]);
  return {
    name,
    missing: () =>
      existsSync(program) && isStamped(name, sources()) ? undefined : `building agent/${name} with Go`,
    make: () => {
      mkdirSync(programs, { recursive: true });
      const draft = `${program}.${process.pid}`;
      buildGoProgram(name, draft);
      renameSync(draft, program); // one that runs keeps its own file
      stamp(name, sources());
    },
  };
}

/**
 * @param {string} name of the folder below agent/
 * @param {string} target
 * @param {Record<string, string>} [platform] GOARCH; this machine's by default
 */
export function buildGoProgram(name, target, platform = {}) {
  if (findProgram("go") === undefined)
    throw new Error("go not found; install Go 1.25 or newer (https://go.dev/dl)");
  run("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", target, "."], {
    cwd: join(root, "agent", name),
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false", ...platform },
  });
}
