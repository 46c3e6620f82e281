import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, utimesSync } from "node:fs";
import { request } from "node:http";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Machine, startMachine } from "./index.ts";
import { cgroupsNamed, commandOf, processesNamed, remainsOf, until } from "./remains.ts";

const cli = join(import.meta.dirname, "main.ts");
jest.setTimeout(60_000);

describe("one machine", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine({ name: "alpha" });
  });
  afterAll(async () => await machine.stop());

  test("every namespace is its own", () => {
    for (const kind of ["mnt", "net", "pid", "uts", "ipc", "cgroup"]) {
      const [inside, outside] = [machine.pid, "self"].map((pid) => readlinkSync(`/proc/${pid}/ns/${kind}`));
      expect(inside).not.toBe(outside);
    }
    expect(hostname()).not.toBe("alpha");
  });

  test("runs commands: output, input, working directory, environment, exit codes", async () => {
    const script = `read line; echo "$line from $(hostname) at $PWD with $GREETING"; echo oops >&2; exit 7`;
    const options = { input: "hello\n", cwd: "/usr", env: { GREETING: "joy" } };
    expect(await machine.run(["sh", "-c", script], options)).toEqual({
      code: 7,
      signal: null,
      stdout: "hello from alpha at /usr with joy\n",
      stderr: "oops\n",
    });
    expect((await machine.run(["sh", "-c", "kill -9 $$"])).code).toBe(137);
    expect((await machine.run(["no-such-command"])).code).toBe(127);
    expect((await machine.output(["node", "--version"])).trim()).toBe(process.version);
    await expect(machine.output(["sh", "-c", "echo why >&2; exit 3"])).rejects.toThrow(
      /exit code 3.*\nwhy$/s,
    );
  });

  test("a command that takes too long is killed with its group", async () => {
    const command = ["sh", "-c", "echo begun; sleep 4321 & wait"];
    await expect(machine.run(command, { timeoutMs: 300 })).rejects.toThrow(/no end after 300 ms.*begun/s);
    await until(() => !isRunning(machine, "sleep 4321"));
  });

  test("run does not wait for a daemon that holds its output", async () => {
    const { stdout } = await machine.run(["sh", "-c", "setsid sleep 5432 & echo done"]);
    expect(stdout).toBe("done\n");
    expect(isRunning(machine, "sleep 5432")).toBe(true);
  });

  test("spawned commands take signals, alone or with their group", async () => {
    const tell = "trap 'echo caught; exit 5' INT; echo waiting; while :; do sleep 0.05; done";
    const child = await machine.spawn(["sh", "-c", tell]);
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    expect(child.kill("SIGINT")).toBe(true);
    expect(await child.exited).toEqual({ code: 5, signal: null });
    expect(child.kill()).toBe(false);

    const group = await machine.spawn(["sh", "-c", "sleep 6543; echo never"]);
    await until(() => isRunning(machine, "sleep 6543"));
    group.killGroup("SIGKILL");
    expect((await group.exited).signal).toBe("SIGKILL");
    await until(() => !isRunning(machine, "sleep 6543"));
  });

  test("every process is in the machine's cgroups, and they look like the root", async () => {
    const own = await machine.output(["cat", "/proc/self/cgroup"]);
    for (const line of own.trim().split("\n")) expect(line).toMatch(/:\/(init)?$/);
    const seenOutside = readFileSync(`/proc/${machine.pid}/cgroup`, "utf8").trim().split("\n");
    for (const line of seenOutside) expect(line).toContain(basename(machine.root));
  });

  test("shows the kinds of cgroup tree that the real machine has, made of its own cgroups", async () => {
    const kinds = (mountinfo: string) =>
      [...mountinfo.matchAll(/ (\/sys\/fs\/cgroup\S*) .* - (cgroup2?) /g)].map(
        ([, path, type]) => `${path} ${type}`,
      );
    const outside = kinds(readFileSync("/proc/self/mountinfo", "utf8"));
    expect(kinds(readFileSync(`/proc/${machine.pid}/mountinfo`, "utf8"))).toEqual(outside);
    const [tree = ""] = (outside[0] ?? "").split(" ");
    await machine.output(["mkdir", "-p", `${tree}/agent/web-1`]);
    expect(machine.cgroups()).toEqual(expect.arrayContaining([`${tree}/agent`, `${tree}/agent/web-1`]));
    expect(existsSync(`${tree}/agent`)).toBe(false);
  });

  test("a v1 tree mounted anew shows the machine's cgroups alone", async () => {
    const [v1] = machine.mounts().filter(({ fileSystem }) => fileSystem === "cgroup");
    if (v1 === undefined) return; // a machine with pure v2
    const options = v1.superOptions.replace("rw,", "");
    const script = `mkdir -p /run/v1 && mount -t cgroup -o ${options} x /run/v1 && grep -x 1 /run/v1/cgroup.procs && umount /run/v1`;
    expect(await machine.output(["unshare", "-m", "sh", "-c", script])).toBe("1\n");
  });

  test("its network can be changed in any way, its global settings in none", async () => {
    const script = [
      "ip link add c0 type veth peer name c1",
      "ip link add anchor0 type bridge",
      "ip addr add 10.64.0.1/32 dev anchor0",
      "ip -4 -o addr show dev lo up | grep -q 127.0.0.1/8",
      "nft 'add table ip lab; add chain ip lab pre { type nat hook prerouting priority 0; }'",
      "sysctl -qw net.ipv4.ip_forward=1",
    ].join(" && ");
    await machine.output(["bash", "-c", script]);
    const { links, rules, sysctls } = await machine.traces();
    expect(links).toEqual(["anchor0", "c0", "c1", "lo"]);
    expect(rules).toContain("hook prerouting");
    expect(sysctls["net/ipv4/ip_forward"]).toBe("1");
    expect(existsSync("/sys/class/net/anchor0")).toBe(false);
    for (const path of ["/proc/sys/kernel/pid_max", "/proc/sys/vm/swappiness", "/sys/kernel/mm/ksm/run"]) {
      const { code, stderr } = await machine.run(["sh", "-c", `echo 1 >${path}`]);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/Read-only|nonexistent|Permission/)]);
    }
  });

  test("bridge netfilter is switched per machine", async () => {
    const setting = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    if (!existsSync(setting)) return; // a kernel without br_netfilter
    const before = readFileSync(setting, "utf8");
    await using bridged = await startMachine({ brNetfilter: true });
    await machine.setBridgeNetfilter(false);
    expect(await machine.output(["cat", setting])).toBe("0\n");
    expect(await bridged.output(["cat", setting])).toBe("1\n");
    expect(readFileSync(setting, "utf8")).toBe(before);
  });

  test("an overlay can be mounted below the root, unseen outside", async () => {
    const folder = join(machine.root, "layers");
    const script = `mkdir -p "$1/low" "$1/up" "$1/work" "$1/all" && echo low >"$1/low/file" &&
      mount -t overlay -o "lowerdir=$1/low,upperdir=$1/up,workdir=$1/work" overlay "$1/all" &&
      echo changed >"$1/all/file" && cat "$1/low/file" "$1/up/file"`;
    expect(await machine.output(["sh", "-c", script, "sh", folder])).toBe("low\nchanged\n");
    expect(readdirSync(join(folder, "all"))).toEqual([]);
  });

  test("orphans are reaped", async () => {
    const wait = "while ! [ -e /run/go ]; do sleep 0.02; done; exit 9";
    await machine.output(["sh", "-c", `setsid sh -c '${wait}' </dev/null >/dev/null 2>&1 & echo started`]);
    const orphan = () => machine.processes().find(({ command }) => command === `sh -c ${wait}`);
    await until(() => orphan()?.parentPid === 1);
    const pid = orphan()?.pid;
    await machine.output(["touch", "/run/go"]);
    await until(() => !machine.processes().some((process) => process.pid === pid));
  });

  test("a unix socket below the root answers to clients outside", async () => {
    const path = join(machine.root, "api.sock");
    const server = `require("node:http").createServer((_, r) => r.end(require("node:os").hostname())).listen("${path}", () => console.error("up"))`;
    const child = await machine.spawn(["node", "-e", server]);
    await new Promise((resolve) => child.stderr?.once("data", resolve));
    const body = await new Promise((resolve, reject) => {
      request({ socketPath: path }, (response) => response.setEncoding("utf8").on("data", resolve))
        .on("error", reject)
        .end();
    });
    expect(body).toBe("alpha");
    child.kill("SIGKILL");
    await child.exited;
  });

  test("temporary files end up below the root", async () => {
    expect(await machine.output(["mktemp"])).toMatch(new RegExp(`^${machine.root}/tmp/`));
  });
});

describe("the end of a machine", () => {
  test("stop removes processes, mounts, namespaces, cgroups and folder", async () => {
    await using machine = await startMachine();
    const remains = remainsOf(machine);
    expect(remains().length).toBeGreaterThan(3);
    await litter(machine);
    await machine.stop();
    expect(remains()).toEqual([]);
    await expect(machine.run(["true"])).rejects.toThrow("has ended");
    await machine.stop();
  });

  test("a command that runs at the end is killed", async () => {
    await using machine = await startMachine();
    const child = await machine.spawn(["sleep", "1000"]);
    await machine.stop();
    expect((await child.exited).signal).toBe("SIGKILL");
  });

  test("kill -9 of its PID 1 ends it too", async () => {
    await using machine = await startMachine();
    const remains = remainsOf(machine);
    process.kill(machine.pid, "SIGKILL");
    await until(() => remains().length === 0);
    await machine.stop();
  });

  test("kill -9 of the process that started it leaves nothing", async () => {
    const starter = spawn(process.execPath, [cli, "run", "sh", "-c", "echo $LAB_ROOT; exec sleep 1000"]);
    const root = await new Promise<string>((resolve) =>
      starter.stdout.once("data", (data) => resolve(`${data}`.trim())),
    );
    const name = basename(root);
    const alive = () => [...cgroupsNamed(name), ...processesNamed(name), ...(existsSync(root) ? [root] : [])];
    expect(alive().length).toBeGreaterThan(3);
    starter.kill("SIGKILL");
    await until(() => alive().length === 0);
  });

  test("kill -9 of its keeper ends it, and the next machine clears up", async () => {
    const machine = await startMachine();
    const remains = remainsOf(machine);
    const [keeper] = processesNamed(basename(machine.root)).filter((pid) =>
      commandOf(pid).includes("keeper.sh"),
    );
    process.kill(Number(keeper), "SIGKILL");
    await until(() => processesNamed(basename(machine.root)).length === 0);
    await expect(machine.stop()).rejects.toThrow("not wholly removed");
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(machine.root, longAgo, longAgo);
    await using _next = await startMachine();
    await until(() => remains().length === 0);
  });

  test("a failed start says why and leaves nothing", async () => {
    await expect(startMachine({ name: "x/y" })).rejects.toThrow(/start machine x\/y: .* letters/);
    await using outer = await startMachine();
    await outer.output(["sh", "-c", 'mount --bind /bin/false "$(realpath "$(command -v ip)")"']);
    const [mounts, cgroups] = [outer.mounts(), outer.cgroups()];
    const { code, stderr } = await outer.run(["node", cli, "run", "true"], {
      env: { CONSTELLATION_LAB_FOLDER: outer.root },
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining("PID 1 ended before it was ready")]);
    expect([outer.mounts(), outer.cgroups(), readdirSync(outer.root)]).toEqual([mounts, cgroups, ["tmp"]]);
  });
});

test("two machines side by side do not see each other", async () => {
  await using one = await startMachine({ name: "one" });
  await using two = await startMachine({ name: "two" });
  for (const machine of [one, two]) {
    await machine.output(["sh", "-c", "ip link add same0 type bridge && ip addr add 10.64.0.1/24 dev same0"]);
    await machine.output([
      "sh",
      "-c",
      "nft add table ip same && mkdir /run/same && mount -t tmpfs same /run/same",
    ]);
  }
  await one.output(["nft", "delete", "table", "ip", "same"]);
  expect((await two.traces()).rules).toContain("table ip same");
  expect(one.processes().some(({ command }) => command.includes(two.root))).toBe(false);
  await one.stop();
  expect((await two.traces()).links).toEqual(["lo", "same0"]);
});

/** The machine under test runs in another machine, whose traces nobody else changes while we look. */
test("the machine in which machines run stays as it was", async () => {
  await using outer = await startMachine({ name: "outer" });
  const before = await outer.traces();
  const script =
    "ip link add br0 type bridge; nft add table ip lab; mkdir /run/x; sysctl -qw net.ipv4.ip_forward=1; setsid sleep 99 & hostname";
  expect(await outer.output(["node", cli, "run", "--name", "inner", "sh", "-c", script])).toBe("inner\n");
  await until(() => outer.processes().length === 1);
  expect(await outer.traces()).toEqual(before);
});

test("where the real machine has pure cgroup v2, so has the machine, and its root hands controllers on", async () => {
  await using outer = await startMachine();
  const script = `umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"`;
  const look =
    "grep ^0: /proc/self/cgroup; cd /sys/fs/cgroup; cat cgroup.procs; mkdir a; diff a/cgroup.controllers cgroup.controllers";
  const command = ["node", cli, "run", "sh", "-c", `grep -c cgroup /proc/self/mountinfo; ${look}`];
  expect(await outer.output(["unshare", "-m", "sh", "-c", script, "sh", ...command])).toBe("1\n0::/init\n");
});

/** What a busy agent leaves: a pinned mount namespace, an overlay, cgroups, devices, a frozen process, files. */
async function litter(machine: Machine): Promise<void> {
  const script = `set -e
    mkdir -p /run/pins && mount --bind /run/pins /run/pins && mount --make-private /run/pins && touch /run/pins/mnt
    for cpu in $(seq 0 $(($(nproc) - 1))); do # Linux 6.18 gives namespaces ids by CPU, and pins only a higher in a lower
      if taskset -c $cpu unshare --mount=/run/pins/mnt --propagation private mount -t tmpfs hidden /run/lock; then break; fi
    done
    mountpoint -q /run/pins/mnt
    ip netns add web-1 && ip link add v0 type veth peer name eth0 netns web-1
    mkdir -p $LAB/low $LAB/up $LAB/work $LAB/all
    mount -t overlay -o lowerdir=$LAB/low,upperdir=$LAB/up,workdir=$LAB/work overlay $LAB/all
    setsid sleep 1000 & victim=$!
    for tree in /sys/fs/cgroup/pids /sys/fs/cgroup/freezer /sys/fs/cgroup/unified; do
      if [ -d $tree ]; then mkdir -p $tree/agent/web-1; echo $victim >$tree/agent/web-1/cgroup.procs; fi
    done
    if [ -d /sys/fs/cgroup/freezer ]; then echo FROZEN >/sys/fs/cgroup/freezer/agent/web-1/freezer.state; fi`;
  await machine.output(["sh", "-c", script], { env: { LAB: machine.root } });
}

function isRunning(machine: Machine, command: string): boolean {
  return machine.processes().some((process) => process.command === command && process.state !== "Z");
}
