import { describe, expect, test } from "@jest/globals";
import { parseMounts, placeCgroups } from "./hierarchies.ts";

const never = () => false;

describe("placeCgroups", () => {
  test("hybrid: one directory a tree, below the caller's own", () => {
    const mountinfo = [
      "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
      "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/bin/agent,name=systemd",
      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
    ].join("\n");
    const memberships = "4:memory:/jobs/7\n2:cpuacct,cpu:/\n1:name=systemd:/\n0::/\n";
    expect(placeCgroups("lab-1", mountinfo, memberships, never)).toEqual([
      tree("cgroup", "cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/lab-1"),
      tree("cgroup", "memory", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/memory/jobs/7/lab-1"),
      tree("cgroup", "name=systemd", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/systemd/lab-1"),
      tree("cgroup2", "rw", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified/lab-1"),
    ]);
  });

  test("pure v2: below the nearest cgroup that hands controllers on", () => {
    const mountinfo = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";
    const memberships = "0::/system.slice/ci.service\n";
    const slice = (directory: string) => directory === "/sys/fs/cgroup/system.slice";
    expect(placeCgroups("lab-1", mountinfo, memberships, slice)).toEqual([
      tree("cgroup2", "rw", "/sys/fs/cgroup", "/sys/fs/cgroup/system.slice/lab-1"),
    ]);
    expect(placeCgroups("lab-1", mountinfo, memberships, never)[0]?.directory).toBe(
      "/sys/fs/cgroup/system.slice/ci.service/lab-1",
    );
  });

  test("a container that shows only its own part of a tree", () => {
    const mountinfo = "31 23 0:28 /docker/a1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
    expect(placeCgroups("lab-1", mountinfo, "3:pids:/docker/a1/sub\n", never)[0]?.directory).toBe(
      "/sys/fs/cgroup/pids/sub/lab-1",
    );
  });
});

test("parseMounts undoes the escapes of paths", () => {
  expect(
    parseMounts("9 1 8:1 /a\\040b /mnt/c\\134d rw,nosuid shared:1 - ext4 /dev/sda1 rw,discard\n"),
  ).toEqual([
    {
      mountPoint: "/mnt/c\\d",
      root: "/a b",
      fileSystem: "ext4",
      source: "/dev/sda1",
      options: "rw,nosuid",
      superOptions: "rw,discard",
    },
  ]);
});

function tree(type: "cgroup" | "cgroup2", options: string, mountPoint: string, directory: string) {
  return { type, options, mountPoint, directory };
}
