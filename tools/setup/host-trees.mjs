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
  /** What OpenRC adds to it. */
  openrc: join(folder, "openrc"),
};

const missingTrees = () => Object.values(trees).filter((tree) => !existsSync(tree));

/** @type {import("./step.mjs").Step} */
export const hostTrees = {
  name: "hosts for tests",
  only: ["lab"],
  missing: () => (missingTrees().length === 0 ? undefined : "making a bare Debian, once for all clones"),
  make: () => {
    make(trees.debian, (target) => {
      const env = { ...process.env, SOURCE_DATE_EPOCH: recipe.time };
      // In mounts of its own: what an interrupted run leaves mounted goes with it.
      run("unshare", ["--mount", "mmdebstrap", ...recipe.arguments, target], { env });
    });
    make(trees.sudo, (target) => {
      unpack(target, ["sudo"]);
      rmSync(join(target, "lib"), { recursive: true, force: true }); // units, in place of the tree's link to usr/lib
    });
    make(trees.openrc, (target) => {
      unpack(target, ["openrc", "librc1", "libeinfo1"]);
      for (const name of ["bin", "lib", "sbin"].filter((name) => existsSync(join(target, name)))) {
        run("cp", ["--archive", join(target, name), join(target, "usr")]);
        rmSync(join(target, name), { recursive: true });
      }
      for (const name of ["sysinit", "boot", "default"])
        mkdirSync(join(target, "etc", "runlevels", name), { recursive: true });
    });
  },
};

/**
 * The files of packages alone: none is set up.
 *
 * @param {string} target
 * @param {string[]} packages
 */
function unpack(target, packages) {
  const downloads = mkdtempSync(join(folder, "downloads."));
  run("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", ...packages], { cwd: downloads });
  for (const file of readdirSync(downloads)) run("dpkg-deb", ["-x", join(downloads, file), target]);
  rmSync(downloads, { recursive: true });
}

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
