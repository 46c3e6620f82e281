import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { node, pinnedTools } from "../lib/places.mjs";
import { toolFolders } from "./go-tools.mjs";

/**
 * One folder with all pinned tools, for a PATH: links into the cache, so that a clone costs no copies,
 * and `node`, because the Pulumi SDK needs a newer one than many systems have.
 *
 * @type {import("./step.mjs").Step}
 */
export const toolLinks = {
  name: "tool links",
  missing: () => (isCurrent() ? undefined : "linking the pinned tools into dist/tools"),
  make: () => {
    mkdirSync(pinnedTools, { recursive: true });
    const wanted = wantedLinks();
    for (const name of readdirSync(pinnedTools)) if (!wanted.has(name)) rmSync(join(pinnedTools, name));
    for (const [name, target] of wanted) replaceLink(join(pinnedTools, name), target);
  },
};

function wantedLinks() {
  const files = toolFolders().flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return new Map([node, ...files].map((file) => [file.slice(file.lastIndexOf("/") + 1), file]));
}

function isCurrent() {
  const wanted = wantedLinks();
  const present = linksIn(pinnedTools);
  return present.size === wanted.size && [...wanted].every(([name, target]) => present.get(name) === target);
}

/** @param {string} folder */
function linksIn(folder) {
  try {
    return new Map(readdirSync(folder).map((name) => [name, readlinkSync(join(folder, name))]));
  } catch {
    return new Map(); // no folder yet, or something in it that is no link: make it anew
  }
}

/** Never absent in between: an agent may be starting one of them. @param {string} link @param {string} target */
function replaceLink(link, target) {
  const draft = `${link}.${process.pid}`;
  symlinkSync(target, draft);
  renameSync(draft, link);
}
