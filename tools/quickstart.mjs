/**
 * One command from a fresh clone to a running application: looks whether this machine can run it, sets the
 * machine up on the system's Node, then hands over to quickstart/main.ts on the Node that was just installed.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stackEnvironment } from "./lib/environment.mjs";
import { node, root } from "./lib/places.mjs";
import { refusals, thisMachine } from "./quickstart/preflight.mjs";

process.exitCode = quickstart(process.argv.slice(2));

/** @param {readonly string[]} args */
function quickstart(args) {
  const reasons = refusals(thisMachine());
  if (reasons.length > 0) {
    process.stderr.write(["quickstart: this machine cannot run it:", ...reasons, ""].join("\n  "));
    return 1;
  }
  const here = /** @type {const} */ ({ stdio: "inherit", cwd: root });
  const setup = spawnSync(process.execPath, [join(root, "tools", "setup.mjs")], here);
  if (setup.status !== 0) return 1;
  const program = join(root, "tools", "quickstart", "main.ts");
  return spawnSync(node, [program, ...args], { ...here, env: stackEnvironment() }).status ?? 1;
}
