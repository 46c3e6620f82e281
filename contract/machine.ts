import { createHash } from "node:crypto";

/**
 * What a machine needs to run an agent: judged by the provider before anything is brought there, and by the agent's own
 * program at its start.
 */
export const machineNeeds = {
  /** The oldest kernel with all we use: pidfd_open, overlayfs options, clone3 into a cgroup. */
  kernel: [5, 10] as const,
  /** On the state folder's file system. */
  stateFreeBytes: 1024 ** 3,
  cgroupControllers: ["cpu", "memory", "pids"],
} as const;

/** `5.10`. */
export const oldestKernel: string = machineNeeds.kernel.join(".");

export const cgroupFix =
  "mount cgroups at /sys/fs/cgroup; where memory is off, boot with `cgroup_enable=memory`";

/** @param release as in `uname -r`. False for one that cannot be read: better to try than to refuse. */
export function isKernelTooOld(release: string): boolean {
  const [, major, minor] = (/^(\d+)\.(\d+)/.exec(release) ?? []).map(Number);
  if (major === undefined || minor === undefined) return false;
  const [leastMajor, leastMinor] = machineNeeds.kernel;
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** Those of `machineNeeds` that are not among them. */
export function missingControllers(present: readonly string[]): string[] {
  return machineNeeds.cgroupControllers.filter((name) => !present.includes(name));
}

/** Tells one machine from others; its id itself is confidential (machine-id(5)). */
export function machineDigest(machineId: string): string {
  return createHash("sha256").update(`constellation ${machineId}`).digest("hex").slice(0, 12);
}
