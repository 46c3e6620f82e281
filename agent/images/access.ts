import { ConstellationError } from "../../contract/index.ts";
import type { RegistryAccess, RegistryCredentials, RegistrySettings } from "./types.ts";

/** One of a service's `imageCredentials`. */
export interface CredentialUse {
  readonly registry: string;
  readonly secret: string;
}

/**
 * What a pull for one service may use.
 * @param valuesOf the values of a Secret by its name; throws where there is none.
 * @throws ConstellationError `not-found` where a Secret is no credential: asking without it would only hide that.
 */
export function registryAccess(
  registries: Readonly<Record<string, RegistrySettings>> | undefined,
  uses: readonly CredentialUse[] | undefined,
  valuesOf: (secret: string) => Readonly<Record<string, unknown>>,
): RegistryAccess {
  const credentials = (uses ?? []).map(({ registry, secret }) => [
    registry,
    credentialsIn(valuesOf(secret), secret, registry),
  ]);
  return { registries: registries ?? {}, credentials: Object.fromEntries(credentials) };
}

function credentialsIn(
  { username, password }: Readonly<Record<string, unknown>>,
  secret: string,
  registry: string,
): RegistryCredentials {
  if (typeof username === "string" && typeof password === "string") return { username, password };
  throw new ConstellationError(
    "not-found",
    `ask ${registry}: Secret ${secret} has no values username and password; give it both`,
  );
}
