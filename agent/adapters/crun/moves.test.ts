import { expect, test } from "@jest/globals";
import { ownProcsFile } from "./moves.ts";

test.each([
  ["v2", "0::/system.slice/agent.service\n", "/cg/system.slice/agent.service/cgroup.procs"],
  ["v2's root", "0::/\n", "/cg/cgroup.procs"],
  ["v1, a named tree", "9:name=systemd:/a\n8:pids:/b\n0::/\n", "/cg/systemd/a/cgroup.procs"],
  ["v1, controllers that share a tree", "4:cpu,cpuacct:/a:b\n", "/cg/cpu,cpuacct/a:b/cgroup.procs"],
  ["none", "", undefined],
])("ownProcsFile: %s", (_, memberships, file) => {
  expect(ownProcsFile(memberships, "/cg")).toBe(file);
});
