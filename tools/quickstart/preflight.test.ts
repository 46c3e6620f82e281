import { expect, test } from "@jest/globals";
import { refusals } from "./preflight.mjs";

const able = {
  platform: "linux",
  userId: 0,
  filesystems: "nodev\tsysfs\n\text4\nnodev\toverlay\n",
  modules: "",
  mounts: "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
};

test.each([
  ["an able machine", able, []],
  [
    "a machine with the old cgroup tree",
    { ...able, mounts: "cg /sys/fs/cgroup/pids cgroup rw,pids 0 0\n" },
    [],
  ],
  ["a plain user", { ...able, userId: 1000 }, [/^not root.*sudo npm run quickstart/]],
  [
    "a kernel without overlay",
    { ...able, filesystems: "\text4\nnodev\toverlayfs-like\n" },
    [/no overlay file system/],
  ],
  [
    "a kernel that has not loaded overlay yet",
    { ...able, filesystems: "\text4\n", modules: "kernel/fs/overlayfs/overlay.ko.xz:\n" },
    [],
  ],
  ["no cgroups", { ...able, mounts: "proc /proc proc rw 0 0\n" }, [/no cgroup tree/]],
  ["another system", { ...able, platform: "darwin", userId: 501, mounts: "" }, [/this is darwin/]],
  ["nothing right", { ...able, userId: 1, filesystems: "", mounts: "" }, [/root/, /overlay/, /cgroup/]],
])("%s", (_, machine, expected) => {
  const reasons = refusals(machine);
  expect(reasons).toHaveLength(expected.length);
  for (const [index, pattern] of expected.entries()) expect(reasons[index]).toMatch(pattern);
});
