import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fingerprint } from "../lib/hash.mjs";
import { node, root, typescriptSdk as sdk } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { isStamped, stamp } from "../lib/stamp.mjs";

const sources = () =>
  fingerprint(["sdk/nodejs", "tools/setup/typescript-sdk.tsconfig.json", "package-lock.json"]);
const isGenerated = () => existsSync(join(sdk, "index.ts"));
const isCompiled = () => existsSync(join(sdk, "bin", "index.js")) && isStamped("typescript-sdk", sources());

/**
 * Node runs no TypeScript below node_modules, where programs find the SDK: it is compiled once, beside its sources.
 *
 * @type {import("./step.mjs").Step}
 */
export const typescriptSdk = {
  name: "TypeScript SDK",
  missing: () => (!isGenerated() || isCompiled() ? undefined : "compiling sdk/nodejs"),
  make: () => {
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    run(node, [compiler, "--project", join(import.meta.dirname, "typescript-sdk.tsconfig.json")]);
    copyFileSync(join(sdk, "package.json"), join(sdk, "bin", "package.json")); // where the SDK reads its version
    stamp("typescript-sdk", sources());
  },
};
