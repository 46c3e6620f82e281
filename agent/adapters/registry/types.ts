import type { Digest, RegistryReference } from "../../../contract/index.ts";

/** How to reach registries and who to be there: `agent/images` says more. */
export interface RegistryAccess {
  readonly registries: Readonly<
    Record<
      string,
      {
        readonly mirrors?: readonly string[];
        readonly plainHttp?: boolean;
        readonly caCertificate?: string;
      }
    >
  >;
  readonly credentials: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

export interface Transfer {
  bringManifest(digest: Digest): Promise<string>;
  bringBlob(digest: Digest, size: number, onBytes: (bytes: number) => void): Promise<string>;
  close(): void;
}

/** Errors are ConstellationErrors: `image-missing`, `-denied`, `-unreachable`, `-invalid`, `host-unfit`, `cancelled`. */
export interface Registry {
  locate(reference: RegistryReference, access: RegistryAccess, signal: AbortSignal): Promise<Digest>;
  open(
    reference: RegistryReference,
    access: RegistryAccess,
    folder: string,
    signal: AbortSignal,
  ): Promise<Transfer>;
}
