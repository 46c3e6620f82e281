/** Where things are. Everything a build makes is in dist/ of this clone; what clones share is in the user's cache. */
import { homedir } from "node:os";
import { join } from "node:path";

/** The clone's root folder. */
export const root = join(import.meta.dirname, "..", "..");

/** Shared by all clones of one user, safe to delete: `$XDG_CACHE_HOME/constellation`. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "constellation");

/** What this clone built: bundles, launchers, links to pinned tools. */
export const dist = join(root, "dist");

/** Launchers of our own programs. */
export const programs = join(dist, "bin");

/** Links to Node 24 and the pinned Go tools. */
export const pinnedTools = join(dist, "tools");

/** The Node 24 that `npm ci` installs. */
export const node = join(root, "node_modules", "node", "bin", "node");

/** The generated TypeScript SDK, as a package folder that `npm install` accepts. */
export const typescriptSdk = join(root, "sdk", "nodejs");

/** A virtual environment with the generated Python SDK; made for the tests. */
export const python = join(dist, "python");

/** Python with schemathesis; made for the tests. */
export const schemathesisPython = join(dist, "schemathesis", "bin", "python3");
