import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pinnedTools, programs, root, typescriptSdk } from "./places.mjs";

/**
 * What a shell, or a process that runs the engine, needs to use this clone.
 *
 * What the caller's environment already decides (a backend, a passphrase) is left alone.
 *
 * @param {NodeJS.ProcessEnv} [current]
 * @returns {{ path: string[], variables: Record<string, string> }} folders to put first in PATH, and the rest
 */
export function shellEnvironment(current = process.env) {
  return {
    path: [programs, pinnedTools],
    variables: {
      CONSTELLATION_SDK: typescriptSdk,
      ...(hasPinnedPulumi() ? quietPulumi : {}),
      ...(current.PULUMI_BACKEND_URL || current.PULUMI_ACCESS_TOKEN ? {} : fileBackend()),
      ...(current.PULUMI_CONFIG_PASSPHRASE !== undefined || current.PULUMI_CONFIG_PASSPHRASE_FILE
        ? {}
        : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile() }),
    },
  };
}

/** The whole environment of a child process: the caller's, with this clone's tools first in PATH. */
export function processEnvironment(current = process.env) {
  const { path, variables } = shellEnvironment(current);
  return { ...current, ...variables, PATH: [...path, current.PATH ?? ""].join(":") };
}

/** Our own CLI is pinned and finds its plugins here: it has nothing to ask the internet for. */
const quietPulumi = {
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
};

const hasPinnedPulumi = () => existsSync(join(pinnedTools, "pulumi"));

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
