import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pinnedTools, programs, root, typescriptSdk } from "./places.mjs";

/**
 * What a shell needs to use this clone. What the caller's environment already decides (a backend, a passphrase)
 * is left alone.
 *
 * @param {NodeJS.ProcessEnv} [current]
 * @returns {{ path: string[], variables: Record<string, string> }} folders to put first in PATH, and the rest
 */
export function shellEnvironment(current = process.env) {
  return { path: toolFolders, variables: { ...toolVariables(), ...stateVariables(current) } };
}

/**
 * The environment of a child process that works on the user's stacks, with this clone's tools.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function stackEnvironment(current = process.env) {
  return { ...toolEnvironment(current), ...stateVariables(current) };
}

/**
 * The environment of a child process that uses this clone's tools and keeps its stacks elsewhere.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function toolEnvironment(current = process.env) {
  return { ...current, ...toolVariables(), PATH: [...toolFolders, current.PATH ?? ""].join(":") };
}

const toolFolders = [programs, pinnedTools];

const toolVariables = () => ({
  CONSTELLATION_SDK: typescriptSdk,
  ...(isPulumiBuilt() ? quietPulumi : {}),
});

/** Built here because the internet's releases cannot be reached (a release has this language host, we do not). */
const isPulumiBuilt = () =>
  existsSync(join(pinnedTools, "pulumi")) && !existsSync(join(pinnedTools, "pulumi-language-go"));

/** Where releases cannot be reached, plugins and updates cannot either: do not wait for them. */
const quietPulumi = {
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
};

/** @param {NodeJS.ProcessEnv} current */
function stateVariables(current) {
  const hasBackend = Boolean(current.PULUMI_BACKEND_URL || current.PULUMI_ACCESS_TOKEN);
  const hasPassphrase =
    current.PULUMI_CONFIG_PASSPHRASE !== undefined || Boolean(current.PULUMI_CONFIG_PASSPHRASE_FILE);
  return {
    ...(hasBackend ? {} : fileBackend()),
    ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile() }),
  };
}

/** Where the stacks of somebody without a Pulumi account live: in the clone, ignored by git. */
function fileBackend() {
  const folder = join(root, ".state");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { PULUMI_BACKEND_URL: `file://${folder}` };
}

/** Made once, at random: it encrypts the secrets in the file backend. */
function passphraseFile() {
  const file = join(root, ".state", "passphrase");
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  }
  return file;
}
