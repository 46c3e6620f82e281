import { readFileSync } from "node:fs";
import { release } from "node:os";

/**
 * What a machine must have before it is worth installing anything on it.
 *
 * @typedef {object} Machine
 * @property {string} platform as Node names it
 * @property {number} userId
 * @property {string} filesystems /proc/filesystems
 * @property {string} modules modules.dep of this kernel: what it loads when it is asked for
 * @property {string} mounts /proc/mounts
 */

/**
 * Why this machine cannot run an agent; one line a reason, each with its fix. Empty when it can.
 *
 * @param {Machine} machine
 * @returns {string[]}
 */
export function refusals({ platform, userId, filesystems, modules, mounts }) {
  if (platform !== "linux")
    return [`this is ${platform}, and containers need Linux; use a Linux machine or VM`];
  const reasons = [];
  if (userId !== 0)
    reasons.push("not root, and containers need mounts and namespaces; run `sudo npm run quickstart`");
  // A module is loaded by the first mount; before that, nothing is seen of it in /proc/filesystems.
  if (!/^\s*(nodev\s+)?overlay$/m.test(filesystems) && !/\/overlay\.ko/.test(modules)) {
    reasons.push("the kernel has no overlay file system; use one that has it, as those of distributions do");
  }
  if (!/^\S+ \S+ cgroup2? /m.test(mounts)) {
    reasons.push(
      "no cgroup tree is mounted; run `mount -t cgroup2 none /sys/fs/cgroup`, or boot with cgroups enabled",
    );
  }
  return reasons;
}

/** @returns {Machine} */
export const thisMachine = () => ({
  platform: process.platform,
  userId: process.getuid?.() ?? -1,
  filesystems: readOrEmpty("/proc/filesystems"),
  modules: readOrEmpty(`/lib/modules/${release()}/modules.dep`),
  mounts: readOrEmpty("/proc/mounts"),
});

/** @param {string} file */
function readOrEmpty(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // no /proc: every refusal that depends on it then says what is missing
  }
}
