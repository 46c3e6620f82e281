import { copyFileSync, cpSync, existsSync, linkSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dist, node, root } from "../lib/places.mjs";

const modules = join(root, "node_modules");
const koffiBinary = join("@koromix", `koffi-${process.platform}-${process.arch}`);
/** What only building koffi needs, and what people read. */
const notRun = /\/koffi\/(vendor|doc|lib|src\/koffi\/src\/abi|.*\.(md|txt|cc|hh|inc|def))/;

/**
 * What a program reads at run time, each where its code looks for it: koffi is required as a package, which Node
 * seeks from the bundle upwards; the provider answers with the schema beside its own.
 */
const files = [
  { from: join(modules, "koffi"), to: join(dist, "node_modules", "koffi") },
  { from: join(modules, koffiBinary), to: join(dist, "node_modules", koffiBinary) },
  { from: join(root, "provider", "schema.json"), to: join(dist, "provider", "schema.json") },
];

/** Puts beside the bundles what cannot be in them. */
export function shipRuntimeFiles() {
  for (const { from, to } of files) {
    if (existsSync(from)) cpSync(from, to, { recursive: true, filter: (path) => !notRun.test(path) });
  }
  shipNode(join(dist, "node"));
}

/**
 * dist/ has a Node of its own, so that a running agent can be started again while `npm ci` replaces node_modules.
 * A hard link costs no space; across file systems it is a copy.
 *
 * @param {string} target
 */
function shipNode(target) {
  if (statSync(target, { throwIfNoEntry: false })?.ino === statSync(node).ino) return;
  rmSync(target, { force: true });
  try {
    linkSync(node, target);
  } catch {
    copyFileSync(node, target); // another file system, or one without hard links
  }
}
