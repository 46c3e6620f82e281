import { describe, expect, test } from "@jest/globals";
import { cgroupTrees, mountsBelow } from "./mountinfo.ts";

const mountinfo = `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:40 / /nowhere/lib rw - ext4 /dev/vdb rw
41 40 0:41 / /nowhere/lib/a rw master:3 - overlay overlay rw,lowerdir=/x
42 41 0:42 / /nowhere/lib/a/with\\040blank rw - tmpfs none rw
43 27 0:43 / /nowhere/library rw - tmpfs none rw
50 27 0:50 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct
51 27 0:51 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
52 27 0:52 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
`;

describe("mountsBelow", () => {
  test("gives what is mounted strictly below the folders, the last first", () => {
    const below = mountsBelow(mountinfo, ["/nowhere/lib", "/nowhere/run"]);
    expect(below).toEqual(["/nowhere/lib/a/with blank", "/nowhere/lib/a"]);
  });
});

describe("cgroupTrees", () => {
  test("gives each tree, with the controllers of those of v1", () => {
    const trees = cgroupTrees(mountinfo).map(({ path, controllers }) => [
      path,
      controllers.includes("cpuacct"),
    ]);
    expect(trees).toEqual([
      ["/sys/fs/cgroup/cpu,cpuacct", true],
      ["/sys/fs/cgroup/systemd", false],
      ["/sys/fs/cgroup/unified", false],
    ]);
  });
});
