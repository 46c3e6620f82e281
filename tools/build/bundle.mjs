import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { dist, root } from "../lib/places.mjs";

/** What CommonJS dependencies expect to find around them, in an ECMAScript module. */
const commonJsNames = [
  'import { createRequire as makeRequire } from "node:module";',
  "const require = makeRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("\n");

/**
 * `import` of node:http reads all that it exports, which loads its `fetch` (15 ms and some megabytes, used by none
 * of us); `require` reads what is asked for.
 *
 * @type {import("esbuild").Plugin}
 */
const requiredHttp = {
  name: "required-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "node:http", namespace: "required" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "required" }, () => ({
      contents: 'module.exports = require("node:http");',
    }));
  },
};

/**
 * dist/FOLDER/main.js, and beside it what the program imports only when needed. Names stay readable in stack
 * traces; the maps lead back to the sources (`node --enable-source-maps`, which costs 60 MB of memory). White space
 * and comments go, since a program's source stays in its memory, and one sign beyond Latin-1 in it doubles that.
 *
 * @param {Pick<import("./programs.mjs").Program, "folder">} program
 */
export async function bundle({ folder }) {
  const outdir = join(dist, folder);
  mkdirSync(outdir, { recursive: true });
  const { metafile } = await build({
    entryPoints: { main: join(root, folder, "main.ts") },
    outdir,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: commonJsNames },
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    charset: "ascii",
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    metafile: true,
    alias: { typescript: join(import.meta.dirname, "no-compiler.mjs") },
    plugins: [requiredHttp],
    // Native: koffi is required at run time from dist/node_modules; ssh2 goes without its own two.
    external: ["koffi", "cpu-features", "*.node"],
    logLevel: "error",
  });
  const made = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const name of readdirSync(outdir))
    if (/\.js(\.map)?$/.test(name) && !made.has(name)) rmSync(join(outdir, name));
}
