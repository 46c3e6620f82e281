/**
 * Bundles our programs into dist/, so that they start fast and run from anywhere: dist/ holds the code with its
 * source maps, the files that dependencies read at run time, a Node of its own, and launchers in dist/bin.
 */
import { mkdirSync } from "node:fs";
import { bundle } from "./build/bundle.mjs";
import { writeLaunchers } from "./build/launchers.mjs";
import { programs } from "./build/programs.mjs";
import { shipRuntimeFiles } from "./build/runtime-files.mjs";
import { dist } from "./lib/places.mjs";

mkdirSync(dist, { recursive: true });
const bundled = await Promise.allSettled(programs.map(bundle));
shipRuntimeFiles();
writeLaunchers(programs);
// esbuild has printed why; a program that cannot be built does not keep the others from it.
if (bundled.some(({ status }) => status === "rejected")) process.exitCode = 1;
