import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Host, type Lab, lab, type MachineProcess, startMachine } from "./index.ts";
import { remainsOf, until } from "./remains.ts";
import { sshCommand } from "./ssh.ts";

jest.setTimeout(60_000);

describe("hosts of this machine's files", () => {
  let here: Lab;
  let one: Host;
  let two: Host;
  beforeAll(async () => {
    here = await lab.up(2);
    [one, two] = [here.host(1), here.host(2)];
  });
  afterAll(async () => await here?.down());

  test("every namespace is a host's own, and so are its name and address", async () => {
    for (const kind of ["mnt", "net", "pid", "uts", "ipc", "cgroup"]) {
      const all = [one.pid, two.pid, here.machine.pid, "self"].map((pid) =>
        readlinkSync(`/proc/${pid}/ns/${kind}`),
      );
      expect(new Set(all).size).toBe(4);
    }
    expect(await one.output(["hostname"])).toBe("host1\n");
    const addresses = await two.output(["ip", "-4", "-o", "addr", "show", "dev", "eth0"]);
    expect(addresses).toContain(`${two.address}/24`);
    expect(two.processes().some(({ command }) => command.includes("sshd"))).toBe(true);
    expect(two.processes().some(({ pid, parentPid }) => pid === 1 && parentPid === 0)).toBe(true);
  });

  test("cgroups look like the root and are below the lab's", async () => {
    for (const line of (await one.output(["cat", "/proc/self/cgroup"])).trim().split("\n")) {
      expect(line).toMatch(/:\/(init)?$/);
    }
    for (const line of readFileSync(`/proc/${one.pid}/cgroup`, "utf8").trim().split("\n")) {
      expect(line).toMatch(/\/cst-lab-\w+\/host1(\/init)?$/);
    }
  });

  test("what a host writes is seen by no other, and the clone is there, read-only", async () => {
    await one.output(["sh", "-c", "echo mine >/etc/motd; echo mine >/tmp/mine"]);
    for (const machine of [two, here.machine]) {
      expect((await machine.run(["grep", "-s", "mine", "/etc/motd", "/tmp/mine"])).stdout).toBe("");
    }
    const clone = join(import.meta.dirname, "..", "..");
    expect(await one.output(["node", "-p", "require('./package.json').name"], { cwd: clone })).toBe(
      "constellation\n",
    );
    expect((await one.run(["touch", join(clone, "x")])).stderr).toContain("Read-only");
  });

  test("an overlay can be made where an agent keeps its state", async () => {
    const script = `cd /var/lib/constellation && mkdir low up work all && echo low >low/file &&
      mount -t overlay -o lowerdir=low,upperdir=up,workdir=work overlay all && echo changed >all/file && cat low/file up/file`;
    expect(await one.output(["sh", "-c", script])).toBe("low\nchanged\n");
  });

  test("cut, one way and heal: what is sent is lost as it says, and nobody is told", async () => {
    await introduce(one, two);
    await introduce(two, one);
    const ears = await Promise.all([listen(one), listen(two)]);
    const [heardByOne, heardByTwo] = ears;
    const expectHeard = async (byOne: boolean, byTwo: boolean) => {
      const word = `word-${Math.random()}`;
      await Promise.all([say(two, one.address, word), say(one, two.address, word)]);
      // Sent last and by another way, so that what arrives at all has arrived when this has.
      await Promise.all([one, two].map((host) => say(host, "127.0.0.1", `after ${word}`)));
      await until(() => ears.every((heard) => heard().includes(`after ${word}`)));
      expect([heardByOne().includes(`[${word}]`), heardByTwo().includes(`[${word}]`)]).toEqual([
        byOne,
        byTwo,
      ]);
    };
    await expectHeard(true, true);
    await one.cut(two);
    await expectHeard(false, false);
    expect((await one.ssh("echo still here")).stdout).toBe("still here\n");
    await two.heal();
    await expectHeard(true, true);
    await one.oneWay(two);
    await expectHeard(true, false);
    await one.heal();
    await two.oneWay();
    await expectHeard(false, true);
    await here.heal();
    await two.cut();
    await expectHeard(false, false);
    expect(await two.output(["cat", "/sys/class/net/eth0/carrier"])).toBe("1\n");
    await two.heal();
    await expectHeard(true, true);
  });

  test("busy processors are a host's own processes, until the fault ends", async () => {
    const hogs = () => one.processes().filter(({ command }) => command.includes("while :; do :; done"));
    const fault = await one.hogCpu(2);
    await until(() => hogs().length === 2);
    await fault.end();
    expect(hogs()).toHaveLength(0);
  });

  test("a disk of its own can be full, and nobody else's is", async () => {
    const three = await here.add({ diskBytes: 64 * 1024 * 1024 });
    const fault = await three.fillDisk();
    for (const folder of ["/etc", "/var/lib/constellation"]) {
      const { stderr } = await three.run(["dd", "if=/dev/zero", `of=${folder}/file`, "bs=1M", "count=1"]);
      expect(stderr).toContain("No space left on device");
    }
    await one.output(["dd", "if=/dev/zero", "of=/etc/file", "bs=1M", "count=1"]);
    await fault.end();
    await three.output(["dd", "if=/dev/zero", "of=/etc/file", "bs=1M", "count=1"]);
    await expect(one.fillDisk()).rejects.toThrow("diskBytes");
  });

  test("a slow disk is a host's own, until the fault ends", async () => {
    const own = await here.add({ hasDevice: true });
    const write = async (host: Host) => {
      const before = performance.now();
      await host.output(["dd", "if=/dev/zero", `of=${host.root}/file`, "bs=4k", "count=10", "oflag=dsync"]);
      return performance.now() - before;
    };
    const fault = await own.slowDisk(10);
    const slow = write(own);
    expect(await write(one)).toBeLessThan(900);
    expect(await slow).toBeGreaterThan(900);
    await fault.end();
    expect(await write(own)).toBeLessThan(900);
  });

  test("after a power failure the disk is as it was, what was in memory is gone, and peers were told nothing", async () => {
    const listener = await two.spawn(["node", "-e", "require('net').createServer().listen(700, '0.0.0.0')"]);
    await until(() => hasSocket(two, "02BC", "0A"));
    const client = await one.spawn(["node", "-e", `require('net').connect(700, "${two.address}")`]);
    await until(() => hasSocket(one, "02BC", "01"));
    await two.output([
      "sh",
      "-c",
      "echo kept >/etc/kept; echo kept >/var/lib/constellation/kept; echo x >/run/gone",
    ]);
    await two.output(["sh", "-c", "for tree in /sys/fs/cgroup/*/; do mkdir -p $tree/agent/web-1; done"]);
    const key = await two.hostKey();

    await two.kill();
    expect((await listener.exited).signal).toBe("SIGKILL");
    expect(two.isOn()).toBe(false);
    await expect(two.run(["true"])).rejects.toThrow("host2: its power is off; reboot it");
    expect(hasSocket(one, "02BC", "01")).toBe(true);
    client.kill("SIGKILL");
    await two.kill();

    await two.reboot();
    const { stdout } = await two.ssh("cat /etc/kept /var/lib/constellation/kept; ls /run; hostname");
    expect(stdout).toMatch(/^kept\nkept\n.*\nhost2\n$/s);
    expect(stdout).not.toContain("gone");
    expect(two.cgroups().filter((path) => path.includes("agent"))).toEqual([]);
    expect(await two.hostKey()).toBe(key);
    await two.reboot();
    expect(two.isOn()).toBe(true);
  });

  test("what the administrator wants at boot runs at boot", async () => {
    await one.output([
      "sh",
      "-c",
      "printf '#!/bin/sh\\necho $$ >/run/booted\\n' >/etc/rc.local; chmod +x /etc/rc.local",
    ]);
    await one.reboot();
    await until(() => readFileSync(`/proc/${one.pid}/root/run/booted`, "utf8") !== "");
  });
});

describe("hosts of Debian alone", () => {
  let here: Lab;
  let bare: Host;
  let withSudo: Host;
  beforeAll(async () => {
    here = await lab.up(0);
    [bare, withSudo] = await Promise.all([
      here.add({ flavour: "debian" }),
      here.add({ flavour: "debian-sudo" }),
    ]);
  });
  afterAll(async () => await here?.down());

  test("a bare one has a shell and sshd, and no more than the essential", async () => {
    const script =
      "for name in sh sshd mount ip nft curl python3 node sudo systemctl; do command -v $name; done";
    expect((await bare.ssh(script)).stdout).toBe("/usr/bin/sh\n/usr/sbin/sshd\n");
    expect((await withSudo.ssh(script)).stdout).toContain("/usr/bin/sudo\n");
    expect((await bare.ssh("cat /etc/debian_version; ls /dev/pts /dev/null")).stdout).toMatch(/^12\./);
  });

  test("root and admin log in with the lab's key, guest with a password too, and nobody else's key does", async () => {
    expect((await bare.ssh("id -un")).stdout).toBe("root\n");
    expect((await bare.ssh("id -un; pwd; touch x", { user: "admin" })).stdout).toBe("admin\n/home/admin\n");
    expect((await byPassword(bare, "guest", "guest")).stdout).toBe("guest\n");
    expect((await byPassword(bare, "guest", "wrong")).stderr).toContain("Permission denied");
    expect((await byPassword(bare, "admin", "guest")).stderr).toContain("Permission denied");
    const other = await here.machine.output(["mktemp", "-u"]);
    await here.machine.output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other.trim()]);
    const command = sshCommand(here.machine, bare.address, "root", ["true"]);
    const stranger = command.map((word) => (word === here.keyFile ? other.trim() : word));
    expect((await here.machine.run(stranger)).stderr).toContain("Permission denied");
  });

  test("admin is root by sudo, guest by sudo and the password", async () => {
    expect((await withSudo.ssh("sudo -n id -un", { user: "admin" })).stdout).toBe("root\n");
    expect((await withSudo.ssh("sudo -n id -un", { user: "guest" })).code).toBe(1);
    expect((await withSudo.ssh("sudo -S id -un", { user: "guest", input: "guest\n" })).stdout).toBe("root\n");
  });

  test("two hosts have two identities", async () => {
    const identity = async (host: Host) => [
      await host.hostKey(),
      (await host.ssh("cat /etc/machine-id")).stdout.trim(),
    ];
    const [[keyOne, idOne] = [], [keyTwo, idTwo] = []] = await Promise.all([bare, withSudo].map(identity));
    expect(keyOne).not.toBe(keyTwo);
    expect(idOne).toMatch(/^[0-9a-f]{32}$/);
    expect(idOne).not.toBe(idTwo);
  });

  /** As a person types it. */
  async function byPassword(host: Host, user: "guest" | "admin", password: string) {
    const [ssh = "", ...words] = sshCommand(here.machine, host.address, user, ["id", "-un"]);
    const asks = ["-o", "BatchMode=no", "-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"];
    const askpass = join(here.machine.root, "tmp/askpass");
    await here.machine.output([
      "sh",
      "-c",
      `echo '#!/bin/sh\necho "$PASSWORD"' >${askpass}; chmod +x ${askpass}`,
    ]);
    const env = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", PASSWORD: password };
    return await here.machine.run([ssh, ...asks, ...words], { env });
  }
});

describe("the end of a lab", () => {
  test("one kill leaves no process, mount, cgroup, network or file, whatever its hosts were at", async () => {
    await using here = await lab.up(2, { diskBytes: 64 * 1024 * 1024 });
    const remains = remainsOf(here.machine);
    const litter = `ip netns add web-1 && ip link add v0 type veth peer name v1 netns web-1 && mount -t tmpfs x /mnt &&
      mkdir -p /sys/fs/cgroup/pids/agent && (setsid sleep 1000 &)`;
    for (const host of here.hosts) await host.output(["sh", "-c", litter]);
    process.kill(here.machine.pid, "SIGKILL");
    await until(() => remains().length === 0);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(here.machine.root);
  });

  test("from the command line a lab stays until it is taken down, and leaves the machine as it was", async () => {
    await using outer = await startMachine();
    const before = await outer.traces();
    const env = { CONSTELLATION_LAB_FOLDER: outer.root };
    const cli = async (...words: string[]) =>
      await outer.run(["node", join(import.meta.dirname, "main.ts"), ...words], { env });
    expect((await cli("up", "3", "--flavour", "debian")).stdout).toContain(
      "host3  192.168.77.13  debian  on\n",
    );
    expect((await cli("up", "1")).stderr).toContain("one is up; `npm run lab -- down` removes it");
    await cli("kill", "2");
    expect((await cli("hosts")).stdout).toContain("host2  192.168.77.12  debian  off\n");
    await cli("reboot", "2");
    await cli("cut", "2");
    const knock = ["timeout", "1", "bash", "-c", "exec 3<>/dev/tcp/192.168.77.12/22"];
    expect((await cli("exec", ...knock)).code).toBe(124);
    await cli("heal", "2");
    expect((await cli("exec", ...knock)).code).toBe(0);
    expect(await cli("ssh", "2", "hostname; exit 3")).toMatchObject({ code: 3, stdout: "host2\n" });
    expect((await cli("ssh", "4", "true")).stderr).toBe("find host 4: there are 3\n");
    expect((await cli("exec", "hostname")).stdout).toBe("lab\n");
    expect(await cli("down")).toMatchObject({ code: 0, stderr: "" });
    expect((await cli("hosts")).stderr).toContain("none is up");
    await until(() => outer.processes().length === 1);
    expect(await outer.traces()).toEqual(before);
  });
});

/** Writes down every datagram that reaches a host, in brackets. */
async function listen(host: Host): Promise<() => string> {
  const script = `require("dgram").createSocket("udp4").on("message", (word) => console.log("[" + word + "]")).bind(7000)`;
  const ear: MachineProcess = await host.spawn(["node", "-e", script]);
  let heard = "";
  ear.stdout?.on("data", (data) => {
    heard += data;
  });
  await until(() => readFileSync(`/proc/${host.pid}/net/udp`, "utf8").includes(":1B58 "));
  return () => heard;
}

/** So that what passes one way alone needs no answer to a question for the other's hardware address. */
async function introduce(host: Host, stranger: Host): Promise<void> {
  const hardware = await stranger.output(["cat", "/sys/class/net/eth0/address"]);
  const entry = [stranger.address, "lladdr", hardware.trim(), "dev", "eth0", "nud", "permanent"];
  await host.output(["ip", "neighbour", "replace", ...entry]);
}

async function say(host: Host, address: string, word: string): Promise<void> {
  await host.output(["bash", "-c", `echo -n '${word}' >/dev/udp/${address}/7000`]);
}

/** A TCP socket with this port, in hex, in a state as in tcp_states.h. */
function hasSocket(host: Host, port: string, state: string): boolean {
  return readFileSync(`/proc/${host.pid}/net/tcp`, "utf8")
    .split("\n")
    .some((line) => line.includes(`:${port} `) && line.split(/\s+/)[4] === state);
}
