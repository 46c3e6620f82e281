import { describe, expect, test } from "@jest/globals";
import type { Container } from "../../instances/index.ts";
import { capabilitySet } from "./capabilities.ts";
import { type MachineFacts, ociConfig, serialize, wantedProfile } from "./config.ts";
import { containerOomScoreAdj, missingCapabilities, rlimitCeilings } from "./facts.ts";
import { startFailure } from "./failure.ts";
import { seccompProfile } from "./seccomp.ts";

const facts: MachineFacts = {
  cgroupParent: "constellation",
  cgroup: "v1",
  countsSwap: true,
  rlimitCeilings: {},
  missingCapabilities: [],
  cores: 2,
  oomScoreAdj: 0,
};
const container: Container = {
  ...{
    id: "web-0-aaaaaa",
    root: "/root-fs",
    readOnlyRoot: false,
    hostname: "web-0",
    argv: ["serve"],
    env: { B: "2", A: "1" },
  },
  ...{
    user: { uid: 0, gid: 0, groups: [] },
    workingDir: "/",
    capabilities: { add: [], drop: [] },
    noNewPrivileges: true,
  },
  ...{
    seccomp: "default",
    rlimits: {},
    resources: { cpu: 0.5, pidsLimit: 9 },
    netnsFile: "/netns",
    mounts: [],
    shmBytes: 1024,
  },
};
const written = (change: Partial<Container>, machine: Partial<MachineFacts> = {}) =>
  ociConfig({ ...container, ...change }, { ...facts, ...machine }, undefined);

describe("an OCI config", () => {
  test("is the same for the same container, sorted where order means nothing", () => {
    const turned = { ...container, env: { A: "1", B: "2" } };
    expect(serialize(written(turned))).toBe(serialize(written(container)));
    expect(written({}).process.env).toEqual(["A=1", "B=2"]);
  });

  test("holds the cgroup below the agent's, and limits in the kernel's units", () => {
    const { linux } = written({
      resources: { cpu: 0.5, cpuLimit: 1.5, memoryLimitBytes: 1 << 20, pidsLimit: 9 },
    });
    expect(linux.cgroupsPath).toBe("/constellation/web-0-aaaaaa");
    expect(linux.resources).toMatchObject({
      cpu: { shares: 2048, quota: 150_000, period: 100_000 },
      memory: { limit: 1 << 20, swap: 1 << 20 },
      pids: { limit: 9 },
    });
  });

  test("sets no swap limit where the kernel does not count swap", () => {
    const { linux } = written(
      { resources: { cpu: 1, memoryLimitBytes: 1 << 20, pidsLimit: 9 } },
      { countsSwap: false },
    );
    expect(linux.resources.memory).toEqual({ limit: 1 << 20 });
  });

  test("has a cgroup namespace on v2 alone", () => {
    const types = (cgroup: "v1" | "v2") => written({}, { cgroup }).linux.namespaces.map(({ type }) => type);
    expect(types("v1")).toEqual(["ipc", "mount", "network", "pid", "uts"]);
    expect(types("v2")).toEqual(["cgroup", "ipc", "mount", "network", "pid", "uts"]);
  });

  test("keeps rlimits within the machine's ceilings, and writes no limit as the kernel does", () => {
    const rlimits = { nofile: { soft: -1, hard: -1 }, memlock: { soft: 10, hard: -1 } };
    const config = written({ rlimits }, { rlimitCeilings: { nofile: 20_000 } });
    expect(JSON.parse(serialize(config.process.rlimits).replaceAll("18446744073709551615", '"max"'))).toEqual(
      [
        { type: "RLIMIT_MEMLOCK", soft: 10, hard: "max" },
        { type: "RLIMIT_NOFILE", soft: 20_000, hard: 20_000 },
      ],
    );
  });

  test("gives rights to root alone", () => {
    const { capabilities } = written({ user: { uid: 7, gid: 7, groups: [] } }).process;
    expect(capabilities).toMatchObject({ effective: [], permitted: [], inheritable: [], ambient: [] });
    expect(capabilities.bounding).toContain("CAP_CHOWN");
  });
});

describe("capabilities", () => {
  test("are the usual fourteen, and what was added or dropped by either spelling", () => {
    expect(capabilitySet({ add: [], drop: [] })).toHaveLength(14);
    expect(capabilitySet({ add: ["CAP_net_admin"], drop: ["ALL"] })).toEqual(["CAP_NET_ADMIN"]);
    expect(capabilitySet({ add: ["ALL"], drop: [] })).toHaveLength(41);
  });

  test("the machine lacks are no part of the usual ones, nor of ALL; one asked for by name is refused", () => {
    const missing = ["SYS_RESOURCE", "MKNOD"];
    expect(capabilitySet({ add: [], drop: [] }, missing)).toHaveLength(13);
    expect(capabilitySet({ add: ["all"], drop: [] }, missing)).toHaveLength(39);
    expect(() => capabilitySet({ add: ["ALL", "cap_sys_resource"], drop: [] }, missing)).toThrow(
      "this machine has no capability SYS_RESOURCE to give; take it from security.capabilities.add",
    );
  });

  test("nobody knows are refused by name", () => {
    expect(() => capabilitySet({ add: ["NET_ADMINN"], drop: [] })).toThrow(
      "no capability is called NET_ADMINN",
    );
  });
});

describe("the filter", () => {
  const actionOf = (call: string, capabilities: string[] = []) =>
    seccompProfile(capabilities, "x64")
      .syscalls.filter(({ names }) => names.includes(call))
      .map(({ action }) => action);

  test("allows calls by capability", () => {
    expect(actionOf("mount")).toEqual(["SCMP_ACT_ERRNO"]);
    expect(actionOf("mount", ["CAP_SYS_ADMIN"])).toEqual(["SCMP_ACT_ALLOW"]);
    expect(actionOf("read")).toEqual(["SCMP_ACT_ALLOW"]);
    expect(actionOf("clone3")).toEqual([]);
  });

  test("names no call twice without a condition", () => {
    const { syscalls } = seccompProfile(["CAP_SYS_ADMIN", "CAP_AUDIT_WRITE"], "x64");
    const names = syscalls.filter(({ args }) => args === undefined).flatMap((rule) => rule.names);
    expect(new Set(names).size).toBe(names.length);
  });

  test("is in the config beside its compiled copy, for a crun that does not know the copy's annotation", () => {
    const profile = seccompProfile([]);
    const config = ociConfig(container, facts, { profile, bpf: "AAAA" });
    expect(config.annotations).toEqual({ "run.oci.seccomp_bpf_data": "AAAA" });
    expect(config.linux.seccomp).toBe(profile);
  });

  test("is left out where the user wants none", () => {
    expect(wantedProfile({ ...container, seccomp: "unconfined" }, facts)).toBeUndefined();
  });
});

test.each([
  ["-500\n", 0],
  ["0\n", 0],
  ["200\n", 200],
])("containers of an agent with the OOM score %j get %i", (ofAgent, score) => {
  const oomScoreAdj = containerOomScoreAdj(ofAgent);
  expect(oomScoreAdj).toBe(score);
  expect(written({}, { oomScoreAdj }).process.oomScoreAdj).toBe(score);
});

test("capabilities outside of the bounding set are missing, those of newer kernels too", () => {
  expect(missingCapabilities("CapEff:\t0\nCapBnd:\t000001fffeffffff\n")).toEqual(["SYS_RESOURCE"]);
  expect(missingCapabilities("CapBnd:\t0000003fffffffff\n")).toEqual([
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
  ]);
  expect(missingCapabilities("CapBnd:\t000001ffffffffff\n")).toEqual([]);
});

test("ceilings of rlimits are the hard limits of a process that may not raise them", () => {
  const limits =
    "Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 20000                files\nMax stack size            8388608              unlimited            bytes\n";
  expect(rlimitCeilings(limits, "CapEff:\t000001fffeffffff\n")).toEqual({ nofile: 20_000 });
  expect(rlimitCeilings(limits, "CapEff:\t000001ffffffffff\n")).toEqual({});
});

test.each([
  [
    "executable file `nosuch` not found in $PATH: No such file or directory\n",
    "command-missing",
    /^command not found: nosuch;/,
  ],
  ["open executable: Permission denied", "command-invalid", /^command cannot be executed/],
  ["open executable: Operation not permitted", "command-invalid", /^command cannot be executed/],
  [
    "mkdir `/proc/x`: No such file or directory",
    "invalid",
    /^mount target \/proc\/x cannot be made: No such/,
  ],
  ["invalid rlimit `RLIMIT_FOO`", "invalid", /^no ulimit is called foo;/],
  ["setrlimit `RLIMIT_NOFILE`: Invalid argument", "invalid", /^ulimit nofile has a soft limit above/],
  ["chdir `/nope`: No such file or directory", "invalid", /^working folder cannot be entered: No such file/],
  ["setrlimit `RLIMIT_NOFILE`: Operation not permitted", "invalid", /^ulimit nofile is above/],
  ["something new", "host-unfit", /^container runtime: something new$/],
])("crun's %j is %s", (said, code, message) => {
  const error = startFailure(said);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});
