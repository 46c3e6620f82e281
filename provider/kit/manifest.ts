import * as z from "zod";
import { kitArchs } from "./arch.ts";

/**
 * Where kits lie on a host: `<root>/<digest>/`. Its programs name their loader and libraries below it, so it is the same
 * everywhere (docs/decisions/0017); agent/receiver has it as its default.
 */
export const kitRoot = "/opt/constellation/kit";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const fileSchema = z.strictObject({
  /** Below the kit's folder; `runtime/NAME/...` lies beside the kits, which share it. */
  path: z.string(),
  sha256,
  /** In bytes. */
  size: z.int().min(0),
  /** Equal content has equal modes: it is one file on the host. */
  mode: z.enum(["0644", "0755"]),
});

/** The SHA-256 of the manifest's bytes is the kit's digest. */
export const manifestSchema = z.strictObject({
  /** The product's. */
  version: z.string(),
  arch: z.enum(kitArchs),
  /** Sorted by path. */
  files: z.array(fileSchema),
});

export type KitFile = z.infer<typeof fileSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
