import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

/** Debian 12's essential packages, among which are no `mount`, `ip`, `apt` and `curl`, and sshd. */
const recipe = {
  time: "1686355200", // of the release: equal packages make equal trees
  arguments: [
    "--quiet",
    "--mode=root",
    "--format=directory",
    "--variant=essential",
    "--include=openssh-server",
    '--aptopt=APT::Install-Recommends "false"',
    ...["doc", "man", "locale", "info"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    "bookworm",
  ],
};

const digest = createHash("sha256")
  .update(JSON.stringify([process.arch, recipe]))
  .digest("hex");
const folder = join(cache, "hosts", digest.slice(0, 16));

/** Root file systems for the lab's hosts, each to lie below a writable layer; never written to. */
export const trees = {
  /** A whole Debian with nothing but sshd and a shell. */
  debian: join(folder, "debian"),
  /** What sudo adds to it. */
  sudo: join(folder, "sudo"),
};

const missingTrees = () => Object.values(trees).filter((tree) => !existsSync(tree));

/** @type {import("./step.mjs").Step} */
export const hostTrees = {
  name: "hosts for tests",
  only: ["test"],
  missing: () => (missingTrees().length === 0 ? undefined : "making a bare Debian, once for all clones"),
  make: () => {
    make(trees.debian, (target) => {
      const env = { ...process.env, SOURCE_DATE_EPOCH: recipe.time };
      // In mounts of its own: what an interrupted run leaves mounted goes with it.
      run("unshare", ["--mount", "mmdebstrap", ...recipe.arguments, target], { env });
    });
    make(trees.sudo, (target) => {
      const downloads = mkdtempSync(join(folder, "downloads."));
      run("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", "sudo"], { cwd: downloads });
      for (const file of readdirSync(downloads)) run("dpkg-deb", ["-x", join(downloads, file), target]);
      rmSync(downloads, { recursive: true });
      rmSync(join(target, "lib"), { recursive: true, force: true }); // units, in place of the tree's link to usr/lib
    });
  },
};

/**
 * What is under its name is whole, also when two clones make it at once.
 *
 * @param {string} tree
 * @param {(target: string) => void} fill
 */
function make(tree, fill) {
  if (existsSync(tree)) return;
  mkdirSync(dirname(tree), { recursive: true });
  const target = mkdtempSync(`${tree}.`);
  fill(target);
  if (existsSync(tree)) rmSync(target, { recursive: true });
  else renameSync(target, tree);
}
