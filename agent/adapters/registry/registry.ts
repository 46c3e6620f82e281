import { chown } from "node:fs/promises";
import { join } from "node:path";
import {
  ConstellationError,
  formatReference,
  hexOf,
  type RegistryReference,
} from "../../../contract/index.ts";
import { createGate } from "../../lib/gate.ts";
import type { Spawner } from "../libc/index.ts";
import { type ChildOptions, type RegistryChild, startChild } from "./child.ts";
import { type RegistryLimits, registryLimits } from "./limits.ts";
import { settingsOf } from "./messages.ts";
import type { Registry, RegistryAccess } from "./types.ts";

/** What the child may know of the agent's environment: how to get out of this network, and whom to trust. */
const passedOn = /^(PATH|HOME|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY)$/i;

export interface RegistryOptions {
  /** Path of `constellation-registry`. */
  readonly program: string;
  readonly spawner: Spawner;
  /** Files of the host that may name credentials, in the order to ask them. */
  readonly authFiles: readonly string[];
  /** The unprivileged user and group that the child becomes; 0: it stays the agent's. */
  readonly user: number;
  readonly environment: NodeJS.ProcessEnv;
  readonly limits?: Partial<RegistryLimits>;
}

export function createRegistry({
  program,
  spawner,
  authFiles,
  user,
  environment,
  limits,
}: RegistryOptions): Registry {
  const settings = { authFiles, user, limits: { ...registryLimits, ...limits } };
  const env = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value !== undefined && passedOn.test(name) ? [[name, value]] : [],
    ),
  );
  const start = (options: Pick<ChildOptions, "settings" | "action" | "signal" | "cwd">) =>
    startChild({ program, spawner, env, ...options });

  const inTurn = createGate(settings.limits.locatesAtOnce);

  async function locate(reference: RegistryReference, access: RegistryAccess, signal: AbortSignal) {
    const action = `find image ${formatReference(reference)}`;
    const timeout = AbortSignal.timeout(settings.limits.locateMs);
    const child = await start({
      settings: settingsOf(reference, access, settings),
      signal: AbortSignal.any([signal, timeout]),
      ...{ action, cwd: "/" },
    });
    try {
      const { digest } = await child.ask({ tag: reference.tag ?? "latest" });
      if (digest !== undefined) return digest;
      throw new ConstellationError("host-unfit", `${action}: the registry client names no digest`);
    } catch (error) {
      if (!timeout.aborted || signal.aborted) throw error;
      const waited = `no answer within ${settings.limits.locateMs / 1000} s`;
      throw new ConstellationError("image-unreachable", `${action}: ${reference.registry}: ${waited}`);
    } finally {
      child.close();
    }
  }

  return {
    locate: (reference, access, signal) => inTurn(() => locate(reference, access, signal)),
    async open(reference, access, folder, signal) {
      await chown(folder, user, user); // The child has no right but to write there.
      const child = await start({
        settings: settingsOf(reference, access, settings),
        action: `pull image ${formatReference(reference)}`,
        cwd: folder,
        signal,
      });
      return transferOf(child, folder);
    },
  };
}

function transferOf(child: RegistryChild, folder: string): Awaited<ReturnType<Registry["open"]>> {
  return {
    async bringManifest(digest) {
      await child.ask({ manifest: digest });
      return join(folder, hexOf(digest));
    },
    async bringBlob(digest, size, onBytes) {
      await child.ask({ blob: digest, size }, onBytes);
      return join(folder, hexOf(digest));
    },
    close: () => child.close(),
  };
}
