import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";

const executor = "pulumi-language-python-exec";

/**
 * The Python language host starts this script, which its module ships beside the Go code.
 *
 * @param {string} folder where the language host is
 * @param {string} module the module's folder in Go's cache, read-only
 */
export function copyPythonExecutor(folder, module) {
  copyFileSync(join(module, "python", "cmd", executor), join(folder, executor));
  chmodSync(join(folder, executor), 0o755);
}
