import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault } from "./faults.ts";
import type { Hierarchy } from "./hierarchies.ts";

interface Throttle {
  readonly file: string;
  readonly on: string;
  readonly off: string;
}

/**
 * Lets the processes of a cgroup write to the disk that holds a folder so many times a second and no more, by the kernel's
 * throttle. In a v1 tree that goes for theirs alone, not for those in cgroups below.
 */
export function slowDisk(hierarchies: readonly Hierarchy[], folder: string, writesPerSecond: number): Fault {
  const device = deviceOf(folder);
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

/** MAJOR:MINOR of the whole disk: partitions cannot be throttled. */
function deviceOf(folder: string): string {
  const { dev } = statSync(folder);
  const device = join("/sys/dev/block", `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`);
  if (!existsSync(device))
    throw new Error(`slow the disk of ${folder}: it is on no disk of its own; use a folder on one`);
  const disk = existsSync(join(device, "partition")) ? join(device, "..") : device;
  return readFileSync(join(disk, "dev"), "utf8").trim();
}
