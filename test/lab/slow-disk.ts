import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault } from "./faults.ts";
import type { Hierarchy } from "./hierarchies.ts";
import type { Inside } from "./machine.ts";

interface Throttle {
  readonly file: string;
  readonly on: string;
  readonly off: string;
}

/** Sparse: what is not written takes no room. */
const deviceSize = "8G";

/** Mounts an empty file system on a device of its own, which ends with its mount. */
export async function mountDevice(lab: Inside, folder: string): Promise<void> {
  const file = `${folder}.disk`;
  await lab.output(["truncate", "-s", deviceSize, file]);
  await lab.output(["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1", file]);
  await lab.output(["mount", "-o", "loop", file, folder]);
}

/**
 * Lets the processes of a cgroup write to a disk (MAJOR:MINOR) so many times a second and no more, by the kernel's
 * throttle. In a v1 tree that goes for theirs alone, not for those in cgroups below.
 */
export function slowDisk(hierarchies: readonly Hierarchy[], device: string, writesPerSecond: number): Fault {
  const { file, on, off } = throttleOf(hierarchies, writesPerSecond);
  writeFileSync(file, `${device} ${on}`);
  return fault(async () => writeFileSync(file, `${device} ${off}`));
}

function throttleOf(hierarchies: readonly Hierarchy[], writes: number): Throttle {
  for (const { type, options, directory } of hierarchies) {
    if (type === "cgroup" && options.split(",").includes("blkio"))
      return { file: join(directory, "blkio.throttle.write_iops_device"), on: String(writes), off: "0" };
    const file = join(directory, "io.max");
    if (type === "cgroup2" && existsSync(file)) return { file, on: `wiops=${writes}`, off: "wiops=max" };
  }
  throw new Error("slow a disk: no cgroup tree limits input and output; mount one with blkio, or v2 with io");
}

/** MAJOR:MINOR of the whole disk that holds a folder, as the lab sees it: partitions cannot be throttled. */
export async function deviceOf(lab: Inside, folder: string): Promise<string> {
  const number = await lab.output(["stat", "--format=%Hd:%Ld", folder]);
  const device = join("/sys/dev/block", number.trim());
  if (!existsSync(device))
    throw new Error(`slow the disk of ${folder}: it is on no disk of its own; use a folder on one`);
  const disk = existsSync(join(device, "partition")) ? join(device, "..") : device;
  return readFileSync(join(disk, "dev"), "utf8").trim();
}
