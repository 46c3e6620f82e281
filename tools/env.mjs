/**
 * Prints what a shell needs to use this clone, and nothing else, on stdout: eval "$(npm run -s env)"
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { shellEnvironment } from "./lib/environment.mjs";
import { root } from "./lib/places.mjs";

const setup = spawnSync(process.execPath, [join(root, "tools", "setup.mjs")], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (setup.status !== 0) process.exit(1);

/** Safe inside a POSIX shell's eval. @param {string} text */
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// A reader that stops early, like head, is no failure.
process.stdout.on("error", () => process.exit());
const { path, variables } = shellEnvironment();
process.stdout.write(`export PATH=${path.map(quote).join(":")}:"$PATH"\n`);
for (const [name, value] of Object.entries(variables))
  process.stdout.write(`export ${name}=${quote(value)}\n`);
