import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { agentPaths } from "../../../contract/index.ts";
import { environmentFile, environmentText } from "./environment-file.ts";
import { openRc } from "./openrc.ts";
import { systemd } from "./systemd.ts";

const paths = agentPaths();
const command = ["/opt/guard", "run", "--", "/opt/my  node", 'a"b', "it's", "100%", "$HOME", "*"];

test("the unit starts exactly the given command and leaves instances alone when it stops", () => {
  const unit = systemd.textOf(paths, command);
  const words = '"/opt/guard" "run" "--" "/opt/my  node" "a\\"b" "it\'s" "100%%" "$$HOME" "*"';
  expect(unit).toContain(`ExecStart=${words}\n`);
  expect(unit).toContain("KillMode=process\n");
  expect(unit).toContain("Restart=always\n");
  expect(unit).toContain("Delegate=yes\n");
  expect(unit).toContain("EnvironmentFile=/var/lib/constellation/guard.env\n");
});

test("OpenRC's service starts exactly the given command, with its environment, and again whenever it ends", () => {
  const folder = mkdtempSync(join(tmpdir(), "openrc-"));
  try {
    const own = agentPaths(join(folder, "it's a root"));
    const printing = ["/bin/sh", "-c", 'printf "%s|" "$NAME" "$@"', "sh", ...command];
    const text = openRc.textOf(own, printing);
    mkdirSync(own.stateDir, { recursive: true });
    writeFileSync(environmentFile(own), environmentText({ NAME: 'a $b "c"' }));
    writeFileSync(join(folder, "service"), text);
    // As supervise-daemon.sh does.
    const script = '. "$0"; eval set -- $command -- $command_args; program=$1; shift 2; exec "$program" "$@"';
    const { stdout } = spawnSync("sh", ["-c", script, join(folder, "service")], { encoding: "utf8" });
    expect(stdout.split("|")).toEqual(['a $b "c"', ...command, ""]);
    expect(text).toMatch(/^#!\/sbin\/openrc-run\n/);
    expect(text).toContain("respawn_max=0\n");
    expect(text).toContain("rc_cgroup_cleanup=no\n");
    expect(text).not.toContain("a $b");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each has a file of its own, and none is named as the agent's cgroup", () => {
  expect(systemd.fileOf(paths)).toBe("/etc/systemd/system/constellation.service");
  expect(openRc.fileOf(paths)).toBe("/etc/init.d/constellation-agent");
  expect(systemd.cgroupsOf(paths)).toEqual([]);
  expect(openRc.cgroupsOf(paths)).toEqual(["constellation-agent", "openrc.constellation-agent"]);
});

test("what starts each at boot is where its manager looks for it", () => {
  expect(systemd.linkOf(paths)).toBe("/etc/systemd/system/multi-user.target.wants/constellation.service");
  expect(openRc.linkOf(paths)).toBe("/etc/runlevels/default/constellation-agent");
});

test("the environment file is sorted and quoted", () => {
  expect(environmentText({ PATH: "/bin", HOME: '/ro"ot' })).toBe('HOME="/ro\\"ot"\nPATH="/bin"\n');
});
