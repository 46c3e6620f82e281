import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { startTestHost, type TestHost } from "./host.ts";

jest.setTimeout(60_000);

const idle = { command: ["sh", "-c", "exec sleep 1000"], stopGracePeriod: "100ms" };
const plain = "plain-0-aaaaaa";
const strict = "strict-1-aaaaaa";
const secretive = "secret-2-aaaaaa";
const ofImage = "image-3-aaaaaa";
const mighty = "mighty-4-aaaaaa";
const password = "correct horse battery staple";

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost({
    image: {
      entrypoint: ["sh", "-c"],
      cmd: ["exec sleep 1000"],
      env: ["FROM_IMAGE=1", "PATH=/bin"],
      user: "web",
      workingDir: "/tmp",
    },
  });
  host.assign(
    [
      {
        id: plain,
        inputs: {
          ...idle,
          env: { GREETING: "$(WORD) $(NOBODY) $$(WORD)", WORD: "hi $(CONSTELLATION_INDEX)" },
        },
      },
      {
        id: strict,
        inputs: {
          ...idle,
          security: { readOnlyRoot: true, capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } },
          resources: { cpu: 0.5, memory: "32Mi", limits: { cpu: 0.25, pids: 50 } },
          ulimits: { nofile: { soft: 100, hard: 200 } },
          shmSize: "1Mi",
          mounts: [
            { target: "/data", tmpfs: { size: "2Mi", mode: "0750" } },
            { target: "/host", hostPath: { path: "/usr/bin" }, readOnly: true },
          ],
        },
      },
      {
        id: secretive,
        inputs: {
          ...idle,
          user: "web",
          secrets: [
            { secret: "db", target: "/run/secrets/db" },
            { secret: "db", env: "DB_PASSWORD" },
          ],
          configs: [{ config: "settings", target: "/etc/app" }],
        },
      },
      { id: ofImage, inputs: { stopGracePeriod: "100ms" }, imageDigest: "image" },
      { id: mighty, inputs: { ...idle, security: { capabilities: { add: ["ALL"] } } } },
    ],
    {
      secrets: { "default/db": { value: password } },
      configs: { "default/settings": { files: { "a.conf": "a=1\n" } } },
    },
  );
  await host.until("all healthy", (all) => all.length === 5 && all.every(({ healthy }: Instance) => healthy));
});
afterAll(async () => {
  await host?.machine.stop();
});

async function inside(id: string, script: string): Promise<string> {
  const { stdout, stderr } = await host.exec(id, { command: ["sh", "-c", script] });
  return `${stdout}${stderr}`.trim();
}

describe("a container", () => {
  test("has the usual capabilities, a filter and no new privileges, also for commands run in it", async () => {
    const status = await inside(plain, "cat /proc/self/status");
    const value = (name: string) => new RegExp(`^${name}:\\s+(\\w+)$`, "m").exec(status)?.[1];
    expect({
      NoNewPrivs: value("NoNewPrivs"),
      CapEff: value("CapEff"),
      CapBnd: value("CapBnd"),
      Seccomp: value("Seccomp"),
    }).toEqual({ NoNewPrivs: "1", CapEff: "00000000a80425fb", CapBnd: "00000000a80425fb", Seccomp: "2" });
  });

  test("with ALL capabilities has those that its host has to give", async () => {
    const status = "grep ^CapBnd: /proc/self/status";
    expect(await inside(mighty, status)).toBe((await host.output(["sh", "-c", status])).trim());
  });

  test("is as likely to be killed for memory as any process, whatever the agent is, its commands too", async () => {
    const agents = "for pid in $(pgrep -f '[h]ost-agent.ts'); do echo $0 >/proc/$pid/oom_score_adj; done";
    await host.output(["sh", "-c", agents, "300"]);
    expect(await inside(plain, "cat /proc/1/oom_score_adj /proc/self/oom_score_adj")).toBe("0\n0");
    await host.output(["sh", "-c", agents, "0"]);
  });

  test("cannot mount, nor write to the kernel's settings, nor see memory of the kernel", async () => {
    expect(await inside(plain, "mount -t tmpfs none /tmp")).toMatch(
      /Operation not permitted|permission denied/,
    );
    expect(await inside(plain, "echo 1 > /proc/sys/net/ipv4/ip_forward")).toMatch(/Read-only file system/);
    expect(await inside(plain, "cat /proc/interrupts /proc/timer_list | wc -c 2>&1 || true")).not.toMatch(
      /CPU0/,
    );
    expect(await inside(plain, "touch /sys/x /sys/fs/cgroup/x")).toMatch(/Read-only file system/);
  });

  test("knows its names, expands its variables and finds its files", async () => {
    const env = await inside(plain, "env");
    expect(env).toContain("GREETING=hi 0 $(NOBODY) $(WORD)");
    expect(env).toContain("CONSTELLATION_INSTANCE=plain-0");
    expect(env).toContain("CONSTELLATION_ADDRESS=10.64.0.10");
    expect(await inside(plain, "cat /etc/hostname /etc/hosts /etc/resolv.conf")).toBe(
      [
        "plain-0",
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        "10.64.0.10 plain-0",
        "nameserver 10.64.0.1",
        "search default.internal internal",
        "options ndots:2",
      ].join("\n"),
    );
  });

  test("keeps the limits, the mounts and the rights it was given", async () => {
    expect(await inside(strict, "grep CapEff /proc/self/status")).toMatch(/0000000000000400$/);
    expect(await inside(strict, "touch /x")).toMatch(/Read-only file system/);
    expect(await inside(strict, "ulimit -Sn; ulimit -Hn")).toBe("100\n200");
    expect(await inside(strict, "grep -E ' /(data|dev/shm|host) ' /proc/mounts")).toMatch(
      /\/data tmpfs .*size=2048k/,
    );
    expect(await inside(strict, "grep ' /dev/shm ' /proc/mounts")).toMatch(/size=1024k/);
    expect(await inside(strict, "stat -c %a /data; touch /host/x")).toMatch(/750\n.*Read-only/);
    const cgroup = (path: string) => host.output(["cat", `/sys/fs/cgroup/${path}`]);
    const of = (controller: string, file: string) =>
      cgroup(`${controller}/constellation-test/${strict}/${file}`);
    expect(await of("memory", "memory.limit_in_bytes")).toBe("33554432\n");
    expect(await of("cpu", "cpu.cfs_quota_us")).toBe("25000\n");
    // Its own weight comes soon after its first instruction: it is made with the whole machine's.
    await until("its own weight", async () =>
      (await of("cpu", "cpu.shares")) === "512\n" ? true : undefined,
    );
    expect(await of("pids", "pids.max")).toBe("50\n");
  });

  test("runs as the image says, where the user says nothing", async () => {
    expect(await inside(ofImage, "id; pwd; echo $FROM_IMAGE $HOME")).toBe(
      "uid=101(web) gid=102(web) groups=103(logs)\n/tmp\n1 /home/web",
    );
  });
});

describe("a secret", () => {
  test("is a file in memory that its user alone can read, and a variable", async () => {
    expect(
      await inside(
        secretive,
        "id -u; stat -c '%a %u' /run/secrets/db; cat /run/secrets/db; echo; echo $DB_PASSWORD",
      ),
    ).toBe(`101\n400 101\n${password}\n${password}`);
    expect(await inside(secretive, "stat -f -c %T /run/secrets/db")).toBe("tmpfs");
    expect(await inside(secretive, "cat /etc/app/a.conf; echo x > /etc/app/a.conf")).toMatch(
      /^a=1\n.*Read-only/,
    );
  });

  test("is on no disk and in no log or process list", async () => {
    const found = await host.machine.run([
      "grep",
      "-rlF",
      password,
      join(host.root, "lib"),
      join(host.root, "agent.log"),
    ]);
    expect(found.stdout).toBe("");
    const lists = await host.output(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
    expect(lists).not.toContain(password);
    expect(await host.output(["stat", "-f", "-c", "%T", join(host.root, "run/runtime")])).toBe("tmpfs\n");
    expect(await host.output(["stat", "-c", "%a", join(host.root, "run/runtime")])).toBe("700\n");
  });
});

describe("a command run in an instance", () => {
  test("keeps stdout and stderr apart, reads its input and hands its exit code on", async () => {
    const script = "cat; echo problem >&2; exit 7";
    const result = await host.exec(plain, { command: ["sh", "-c", script] }, { input: "typed\n" });
    expect(result).toMatchObject({ stdout: "typed\n", stderr: "problem\n", code: 7 });
  });

  test("takes much input and gives much output", async () => {
    const input = "x".repeat(1_000_000);
    const { stdout } = await host.exec(plain, { command: ["cat"] }, { input });
    expect(stdout.length).toBe(input.length);
  });

  test("runs as another user and elsewhere", async () => {
    const request = {
      command: ["sh", "-c", "id -u; pwd; echo $HOME; grep CapEff /proc/self/status"],
      user: "web",
      workingDir: "/tmp",
    };
    const { stdout } = await host.exec(plain, request);
    expect(stdout).toBe("101\n/tmp\n/home/web\nCapEff:\t0000000000000000\n");
  });

  test("has a terminal of the size asked for, which can change", async () => {
    const script =
      "tty; stty size; trap 'stty size' WINCH; echo ready; for i in 1 2 3 4 5 6; do sleep 0.1; done; exit 3";
    const request = { command: ["sh", "-c", script], tty: true, columns: 100, rows: 30 };
    const result = await host.exec(plain, request, { resize: { columns: 120, rows: 40 } });
    expect(result.code).toBe(3);
    expect(result.stdout).toMatch(/\/dev\/pts\/\d+\r\n30 100\r\nready\r\n/);
    expect(result.stdout).toMatch(/40 120/);
  });

  test("is killed when its client goes", async () => {
    const started = Date.now();
    const { code } = await host.exec(plain, { command: ["sleep", "777"] }, { closeAfterMs: 100 });
    expect(code).toBeGreaterThan(128);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(host.machine.processes().filter((one) => JSON.stringify(one).includes("777"))).toEqual([]);
  });

  test("that does not exist is refused", async () => {
    await expect(host.exec(plain, { command: ["nosuch"] })).rejects.toThrow(
      "run command in plain-0-aaaaaa: command not found: nosuch; correct `command` or add it to the image",
    );
    await expect(host.exec("other-0-aaaaaa", { command: ["true"] })).rejects.toThrow(/no such instance/);
    await expect(host.exec(plain, { command: ["true"], user: "nobody" })).rejects.toThrow(
      /user not found: nobody/,
    );
  });
});
