import * as z from "zod";
import { type Digest, type ErrorCode, isDigest, type RegistryReference } from "../../../contract/index.ts";
import type { RegistryLimits } from "./limits.ts";
import type { RegistryAccess } from "./types.ts";

/** One of these follows the settings on the child's standard input, a line each. agent/registry/messages.go reads them. */
export type RegistryRequest =
  | { readonly tag: string }
  | { readonly manifest: Digest }
  | { readonly blob: Digest; readonly size: number };

/** What the child says on standard output, a line each: how far a blob is, or how a request ended. */
export const registryReply = z.object({
  id: z.int(),
  bytes: z.int().min(0).optional(),
  done: z.boolean().optional(),
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)).optional(),
  failure: z
    .object({
      kind: z.enum(["missing", "denied", "unreachable", "invalid", "full", "broken"]),
      message: z.string(),
      retryAfterMs: z.int().optional(),
    })
    .optional(),
});

export type RegistryReply = z.infer<typeof registryReply>;
export type RegistryFailure = NonNullable<RegistryReply["failure"]>;

export const codeOf: Record<RegistryFailure["kind"], ErrorCode> = {
  missing: "image-missing",
  denied: "image-denied",
  unreachable: "image-unreachable",
  invalid: "image-invalid",
  full: "host-unfit",
  broken: "host-unfit",
};

export interface ChildSettings {
  /** Files of the host that may name credentials, the first that knows a registry counts. */
  readonly authFiles: readonly string[];
  /** Whom the child becomes once it has read them; 0: it stays who it is. */
  readonly user: number;
  readonly limits: RegistryLimits;
}

/** The first line of the child's input: mirrors in their order, the registry itself last. */
export function settingsOf(
  { registry, repository }: RegistryReference,
  { registries, credentials }: RegistryAccess,
  { authFiles, user, limits }: ChildSettings,
) {
  const hosts = [...(registries[registry]?.mirrors ?? []), registry];
  const sources = hosts.map((host) => {
    const { plainHttp = false, caCertificate = "" } = registries[host] ?? {};
    const { username = "", password = "" } = credentials[host] ?? {};
    return { host, plainHttp, caCertificate, username, password };
  });
  return { repository, sources, authFiles, user, limits };
}
