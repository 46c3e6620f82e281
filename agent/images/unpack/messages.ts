import * as z from "zod";
import { type Digest, isDigest } from "../../../contract/index.ts";

/** What an unpacking child says on standard output, one JSON object a line: progress, then a report or a refusal. */
export const unpackMessage = z.union([
  /** Compressed bytes read so far. */
  z.object({ done: z.int().min(0) }),
  z.object({
    report: z.object({
      /** Of the uncompressed layer, as its length. */
      diffId: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
      bytes: z.int(),
      entries: z.int(),
      /** Devices and other entries left out. */
      skipped: z.int(),
      /** Folders that hide those of the layers below. Names are latin1 text, one character a byte. */
      opaque: z.array(z.string()),
      /** Folders that the archive uses without describing them, parents first: they look as in the layer below. */
      implied: z.array(z.string()),
    }),
  }),
  z.object({ refused: z.object({ kind: z.enum(["invalid", "full", "broken"]), message: z.string() }) }),
]);

export type UnpackMessage = z.infer<typeof unpackMessage>;
