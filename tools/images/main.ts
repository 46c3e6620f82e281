/**
 * Builds the images that quickstart and tests run where no registry can be reached, from Debian's packages.
 *
 *   node tools/images/main.ts [--out FOLDER] [NAME...]
 *
 * Default: all of definitions.ts, into .images at the clone's root; then `oci:.images:nginx` is a reference.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lib/places.mjs";
import { buildImages } from "./build.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: "string", default: join(root, ".images") } },
});
await buildImages(values.out, positionals.length > 0 ? positionals : undefined, (line) =>
  process.stderr.write(`${line}\n`),
);
