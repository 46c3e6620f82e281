import { spawnSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { bootstrap } from "./index.ts";
import { judge } from "./judge.ts";
import { type JoiningWish, judgeJoining } from "./judge-joining.ts";
import { parseFacts } from "./parse.ts";
import { preflightScript } from "./preflight-script.ts";
import type { Bootstrap, Facts } from "./types.ts";

const around = { stateDir: "/var/lib/constellation", rootRefusal: undefined, nowMs: 1_800_000_000_000 };

const fit: Facts = {
  system: "Linux",
  kernel: "6.1.0-13-amd64",
  machine: "x86_64",
  rootRefusal: undefined,
  controllers: ["cpu", "memory", "pids"],
  overlay: true,
  stateDir: "/var/lib/constellation",
  stateFreeBytes: 20 * 1024 ** 3,
  kitFreeBytes: 20 * 1024 ** 3,
  kitMountOptions: ["rw", "relatime"],
  memoryBytes: 2 * 1024 ** 3,
  clockAheadMs: 100,
  portsTaken: [],
  installed: undefined,
  hasState: false,
  hasStore: false,
  membership: undefined,
  machineDigest: "here",
  isAgentRunning: false,
};
const found = (facts: Partial<Facts>) =>
  judge({ ...fit, ...facts }, { role: "server", mode: "wireguard" }).map(
    ({ severity, problem }) => `${severity}: ${problem}`,
  );

describe("judge", () => {
  test("a fit machine has no findings, an old running cluster's included", () => {
    expect(found({})).toEqual([]);
    const portsTaken = [{ port: "7445/udp" }]; // by the kernel
    expect(found({ hasState: true, isAgentRunning: true, portsTaken })).toEqual([]);
  });

  test.each<[Partial<Facts>, string]>([
    [{ rootRefusal: "become root: no sudo" }, "refusal: become root: no sudo"],
    [{ rootRefusal: "become root: no sudo; install it" }, "refusal: become root: no sudo"],
    [{ system: "FreeBSD" }, "refusal: it runs FreeBSD"],
    [{ kernel: "5.4.0-100-generic" }, "refusal: its kernel is 5.4.0-100-generic"],
    [{ machine: "riscv64" }, "refusal: its processor is riscv64"],
    [{ controllers: ["cpu", "pids"] }, "refusal: it has no cgroup controller for memory"],
    [{ overlay: false }, "refusal: its kernel has no overlayfs"],
    [{ stateFreeBytes: 300 * 1024 ** 2 }, "refusal: 300 MiB are free for /var/lib/constellation"],
    [{ kitFreeBytes: 300 * 1024 ** 2 }, "refusal: 300 MiB are free for /opt/constellation"],
    [{ kitMountOptions: ["rw", "noexec"] }, "refusal: /opt is mounted noexec, where programs are to lie"],
    [{ memoryBytes: 128 * 1024 ** 2 }, "refusal: it has 128 MiB of memory"],
    [{ memoryBytes: 400 * 1024 ** 2 }, "warning: it has 400 MiB of memory"],
    [{ clockAheadMs: -90_000 }, "warning: its clock is 90 s behind ours"],
    [
      { portsTaken: [{ port: "7443/tcp", by: "nginx (process 8)" }, { port: "7445/udp" }] },
      "refusal: nginx (process 8) listens on 7443/tcp, somebody listens on 7445/udp, where a cluster's server listens",
    ],
    [
      { hasState: true, isAgentRunning: true, portsTaken: [{ port: "7444/tcp", by: "java (process 9)" }] },
      "warning: java (process 9) listens on 7444/tcp, where a cluster's server listens",
    ],
    [{ hasState: true }, "warning: its agent does not run"],
  ])("%j", (facts, line) => {
    expect(found(facts)).toEqual([line]);
  });

  test("a host listens where WireGuard does, and nowhere else", () => {
    const portsTaken = [{ port: "7443/tcp", by: "nginx (process 8)" }];
    const host = { role: "host", mode: "wireguard" } as const;
    expect(judge({ ...fit, portsTaken }, host)).toEqual([]);
    expect(judge({ ...fit, portsTaken: [{ port: "7445/udp" }] }, host)).toMatchObject([
      { severity: "refusal" },
    ]);
  });

  test.each(["direct", undefined] as const)("its port taken keeps no host from the mode %s", (mode) => {
    const portsTaken = [{ port: "7445/udp", by: "vpn (process 8)" }];
    expect(judge({ ...fit, portsTaken }, { role: "host", mode })).toEqual([
      { severity: "warning", problem: expect.stringContaining("vpn (process 8)"), fix: expect.anything() },
    ]);
    expect(
      judge({ ...fit, portsTaken, hasState: true, isAgentRunning: true }, { role: "host", mode }),
    ).toEqual([]);
  });

  test("all of them are told at once", () => {
    expect(found({ kernel: "4.19", overlay: false, memoryBytes: 1, clockAheadMs: 60_000 })).toHaveLength(4);
  });
});

describe("the script", () => {
  test("runs in a POSIX shell, and what it prints is read whole", () => {
    const script = preflightScript("/nowhere/it's here", "/opt/constellation", "/run/nobody");
    const { stdout, stderr } = spawnSync("sh", ["-s"], { input: script, encoding: "utf8" });
    expect(stderr).toBe("");
    const facts = parseFacts(stdout, { ...around, nowMs: Date.now() });
    expect(facts).toMatchObject({ system: "Linux", hasState: false, isAgentRunning: false });
    expect(facts?.kernel).toMatch(/^\d+\.\d+/);
    expect(facts?.memoryBytes).toBeGreaterThan(0);
    expect(facts?.stateFreeBytes).toBeGreaterThan(0);
    expect(Math.abs(facts?.clockAheadMs ?? Number.NaN)).toBeLessThan(60_000);
  });

  test("that was cut short says nothing", () => {
    expect(parseFacts("system=Linux\nkernel=6.1\n", around)).toBeUndefined();
  });

  test("ports are taken by who holds their sockets, and not by an agent's own processes", () => {
    const listens = "listens=tcp 1D13 71\nlistens=tcp6 1D13 72\nlistens=udp6 1D15 0\nlistens=tcp 1D14 73\n";
    const holders = "holder=71 812 other my web\nholder=72 812 other my web\nholder=73 5 ours etcd\n";
    expect(parseFacts(`${listens}${holders}done=yes\n`, around)?.portsTaken).toEqual([
      { port: "7443/tcp", by: "my web (process 812)" },
      { port: "7445/udp" },
    ]);
  });
});

const known = { clusterId: "c1", known: { machineDigest: "here" } };

test("a machine counts as touched once its agent is started, where a newer kit lay there already", async () => {
  const done: string[] = [];
  const newer = "installed=/opt/constellation/kit/new\ninstalledVersion=9.0.0\n";
  const stdout = `system=Linux\nkernel=6.1.0\nmachine=x86_64\ncontrollers=cpu memory pids\noverlay=yes\n${newer}done=yes\n`;
  const login = async () => ({ runAsRoot: async () => ({ code: 0, stdout, stderr: "" }) });
  const given = {
    ...{ machine: { name: "m", login }, root: undefined, role: "host", hostName: "w1" },
    signal: new AbortController().signal,
    kits: { require: async () => "0.1.0", send: async () => done.push("sent") },
    touching: () => done.push("touched"),
    progress: () => undefined,
    join: { ...known, token: async () => await Promise.reject(new Error("no token")) },
  };
  await expect(bootstrap(given as unknown as Bootstrap)).rejects.toThrow("no token");
  expect(done).toEqual(["touched"]);
});

describe("a machine that is to join a cluster", () => {
  const membership = { clusterId: "c1", clusterName: "far", name: "w1" };
  const said = (facts: object, join: JoiningWish["join"] = known) =>
    judgeJoining({ ...fit, ...facts }, { hostName: "w1", join }).map(({ problem }) => problem);

  test("may be bare, or that host already", () => {
    expect(said({})).toEqual([]);
    expect(said({ membership })).toEqual([]);
    // A server that joined keeps both.
    expect(said({ membership, hasStore: true })).toEqual([]);
  });

  test("is refused where the cluster has let it go meanwhile", () =>
    expect(said({ membership }, { clusterId: "c1", known: undefined })).toEqual([
      "it was removed from this cluster as w1, and holds what it had",
    ]));

  test("is refused where the cluster's host of that name is another one", () => {
    expect(said({ machineDigest: "there" })).toEqual(["host w1 of this cluster is another machine"]);
    // Before its agent has said what it is, or on a machine without an id, the cluster itself decides.
    expect(said({ machineDigest: "there" }, { clusterId: "c1", known: {} })).toEqual([]);
    expect(said({ machineDigest: undefined })).toEqual([]);
  });

  test.each<[object, string]>([
    [{ hasStore: true }, "it keeps the state of a cluster of its own"],
    [{ membership: { ...membership, clusterId: "c2" } }, "it is host w1 of another cluster, far (c2)"],
    [{ membership: { ...membership, name: "w2" } }, "it is w2 of this cluster already"],
  ])("is refused as %j", (facts, problem) => expect(said(facts)).toEqual([problem]));

  test("is what its files say", () => {
    const line = `membership=${JSON.stringify({ version: 1, ...membership, servers: ["10.0.0.1:7443"] })}`;
    expect(parseFacts(`store=yes\n${line}\ndone=yes\n`, around)).toMatchObject({
      hasStore: true,
      membership,
    });
    expect(parseFacts("membership=\ndone=yes\n", around)?.membership).toBeUndefined();
    const id = "0123456789abcdef0123456789abcdef";
    expect(parseFacts(`machineId=\nmachineId=${id}\ndone=yes\n`, around)?.machineDigest).toMatch(
      /^[0-9a-f]{12}$/,
    );
  });
});
