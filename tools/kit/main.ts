/**
 * Builds the kit that hosts get, into dist/kit/ARCH, where the provider finds it.
 *
 *   node tools/kit/main.ts [--arch amd64|arm64] [--fresh]
 *
 * Default: for a machine like this one. What is downloaded and built on the way is kept in the user's cache; `--fresh`
 * asks Debian for newer packages.
 */
import { parseArgs } from "node:util";
import { kitArchs } from "../../provider/kit/index.ts";
import { ensureKit } from "./ensure.ts";
import { thisArch } from "./platform.ts";

const { values } = parseArgs({
  options: { arch: { type: "string", default: thisArch }, fresh: { type: "boolean", default: false } },
});
const arch = kitArchs.find((name) => name === values.arch);
if (arch === undefined) {
  process.stderr.write(`build kit ${values.arch}: unknown; one of ${kitArchs.join(", ")}\n`);
  process.exitCode = 2;
} else {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(await ensureKit(arch, { isFresh: values.fresh, report: say }));
}
