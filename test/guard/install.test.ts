import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { DownResult, Finding, Status, Trace, UpResult } from "../../agent/install/index.ts";
import { agentPaths } from "../../contract/index.ts";
import {
  fakeAgent,
  type GuardedMachine,
  type GuardFile,
  guardLines,
  makeHybrid,
  readGuardFile,
  startGuard,
  startGuardedMachine,
  until,
} from "./guarded.ts";

interface Failure {
  readonly error?: { code: string; message: string; violations: { path: string; reason: string }[] };
}

let here: GuardedMachine;
let programs: string;

beforeAll(async () => {
  here = await startGuardedMachine("installed");
  programs = join(here.machine.root, "programs");
  mkdirSync(programs);
  // What an up looks for; the fake agent starts none of them.
  for (const name of ["crun", "conmon", "dnsmasq", "etcd"]) {
    writeFileSync(join(programs, name), "#!/bin/sh\n", { mode: 0o755 });
  }
});

afterAll(async () => await here?.[Symbol.asyncDispose]());

/** Calls a function of agent/install in the machine. */
async function drive<T>(name: string, options: object): Promise<T & Failure> {
  const driver = join(import.meta.dirname, "drive.ts");
  return JSON.parse(await here.machine.output([process.execPath, driver, name, JSON.stringify(options)]));
}

function upOptions(root: string, mode = "serve"): object {
  const agent = [process.execPath, fakeAgent, mode, root];
  return { root, guard: here.guard, agent, programFolders: [programs] };
}

/** The same as a later release would do it. */
function newerOptions(root: string, version: string): object {
  const agent = [process.execPath, fakeAgent, "serve", root, version];
  return { ...upOptions(root), agent, version };
}

const versionOf = async (root: string) =>
  (await drive<{ readonly info?: { readonly version: string } }>("status", { root })).info?.version;

async function shell(script: string, ...args: string[]): Promise<string> {
  return await here.machine.output(["bash", "-ec", script, "bash", ...args]);
}

describe("up", () => {
  test("of two at once, the later one waits for the agent of the other", async () => {
    const root = here.newRoot();
    const both = await Promise.all([1, 2].map(() => drive<UpResult>("up", upOptions(root))));
    expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(both.map(({ alreadyRunning }) => alreadyRunning).sort()).toEqual([false, true]);
    expect(await drive<DownResult>("down", { root })).toMatchObject({ left: [] });
  });

  test("right after kill -9 of guard and agent: another agent answers; within 10 s", async () => {
    const root = here.newRoot();
    await drive<UpResult>("up", upOptions(root));
    const { pid, agentPid } = readGuardFile(root) ?? {};
    const options = JSON.stringify(upOptions(root));
    const driver = join(import.meta.dirname, "drive.ts");
    const again = 'kill -KILL "$1" "$2"; exec "${@:3}"';
    const words = [String(pid), String(agentPid), process.execPath, driver, "up", options];
    const began = performance.now();
    expect(JSON.parse(await shell(again, ...words))).toMatchObject({ alreadyRunning: false });
    expect(performance.now() - began).toBeLessThan(10_000);
    await drive<DownResult>("down", { root });
  });

  test("starts an agent once, which down removes without a trace", async () => {
    const root = here.newRoot();
    const before = await here.machine.traces();
    const first = await drive<UpResult>("up", upOptions(root));
    expect(first.alreadyRunning).toBe(false);
    const second = await drive<UpResult>("up", upOptions(root));
    expect(second.alreadyRunning).toBe(true);

    const state = await drive<Status>("status", { root });
    expect(state).toMatchObject({ guard: readGuardFile(root)?.pid, info: { version: "0.0.0" } });

    const { removed, left } = await drive<DownResult>("down", { root });
    expect(left).toEqual([]);
    expect(removed.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["guard", "folder"]));
    expect(await here.machine.traces()).toEqual(before);
  });

  test("names all that is wrong at once, and touches nothing", async () => {
    const root = here.newRoot();
    mkdirSync(join(root, "lib"), { recursive: true });
    writeFileSync(join(root, "lib/thesis.txt"), "years of work");
    const server = await here.machine.spawn([
      process.execPath,
      "-e",
      'require("net").createServer().listen(53, "0.0.0.0", () => console.log("listening"))',
    ]);
    await new Promise((resolve) => server.stdout?.once("data", resolve));
    const { error } = await drive<UpResult>("up", { ...upOptions(root), programFolders: [] });
    server.kill("SIGKILL");
    expect(error?.code).toBe("host-unfit");
    const paths = error?.violations.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(["folder", "port-53"]));
    expect(existsSync(join(root, "run"))).toBe(false);
  });

  test("refuses a folder that others may write to", async () => {
    const root = here.newRoot();
    await shell('mkdir -p "$1/lib" && chmod 777 "$1/lib"', root);
    const { error } = await drive<UpResult>("up", upOptions(root));
    expect(error).toMatchObject({
      code: "host-unfit",
      message: expect.stringContaining(`${root}/lib: others may write`),
    });
  });

  test("says why a guard would not start", async () => {
    const root = here.newRoot();
    const { error } = await drive<UpResult>("up", { ...upOptions(root), guard: "/nonexistent/guard" });
    expect(error?.code).toBe("host-unfit");
    expect(error?.message).toContain("ENOENT");
    await drive<DownResult>("down", { root });
  });

  test("gives up on an agent that crashes again and again, with its last words", async () => {
    const root = here.newRoot();
    const { error } = await drive<UpResult>("up", upOptions(root, "crash"));
    expect(error?.message).toMatch(/ended \d+ times at once.*the store is on fire/s);
    expect(await drive<Status>("status", { root })).not.toHaveProperty("guard");
    await drive<DownResult>("down", { root });
  });

  test("passes no stranger's environment on", async () => {
    const root = here.newRoot();
    const driver = join(import.meta.dirname, "drive.ts");
    const command = [process.execPath, driver, "up", JSON.stringify(upOptions(root))];
    await here.machine.output(command, { env: { CONSTELLATION_CLUSTER: "hush" } });
    const environ = await here.machine.output(["cat", `/proc/${readGuardFile(root)?.agentPid}/environ`]);
    expect(environ).toContain(`PATH=${programs}:`);
    expect(environ).not.toContain("hush");
    await drive<DownResult>("down", { root });
  });
});

describe("up of a newer program", () => {
  test("two ups that upgrade at once: one takes the agent's place, the other finds it taken; within 30 s", async () => {
    const root = here.newRoot();
    await drive<UpResult>("up", upOptions(root));
    const both = await Promise.all([1, 2].map(() => drive<UpResult>("up", newerOptions(root, "0.2.0"))));
    expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(both.map(({ upgradedFrom }) => upgradedFrom ?? "").sort()).toEqual(["", "0.0.0"]);
    const taken = guardLines(root).filter(({ msg }) => msg === "the agent is handed over to another program");
    expect(taken).toHaveLength(1);
    expect(await versionOf(root)).toBe("0.2.0");
    await drive<DownResult>("down", { root });
  });

  test("an upgrade whose guard is from before hand-overs: it is restarted with its agent; within 10 s", async () => {
    const root = here.newRoot();
    await drive<UpResult>("up", upOptions(root));
    const { handsOver, ...before } = (readGuardFile(root) ?? {}) as GuardFile;
    expect(handsOver).toBe(true);
    writeFileSync(join(root, "run/guard.json"), JSON.stringify(before));
    const { upgradedFrom, error } = await drive<UpResult>("up", newerOptions(root, "0.2.0"));
    expect({ upgradedFrom, error }).toEqual({ upgradedFrom: "0.0.0", error: undefined });
    expect(await versionOf(root)).toBe("0.2.0");
    expect(readGuardFile(root)).toMatchObject({ handsOver: true });
    expect(readGuardFile(root)?.pid).not.toBe(before.pid);
    await drive<DownResult>("down", { root });
  });

  test("an up killed before it wrote the unit of what it handed over to: the next up writes it; within 10 s", async () => {
    const root = here.newRoot();
    await drive<UpResult>("up", newerOptions(root, "0.2.0"));
    const { id } = agentPaths(root);
    const unit = `/etc/systemd/system/${id}.service`;
    // As systemd sees itself run this machine; its own folders, so that the real one's stay as they are.
    await shell(
      `
      mkdir -p /run/systemd/system && mount -t tmpfs none /etc/systemd/system
      printf '#!/bin/sh\necho "$@" >> "$0.log"\n' > $1/systemctl && chmod +x $1/systemctl
      echo "ExecStart=old" > ${unit}`,
      programs,
    );
    const again = async (options: object) => {
      const driver = join(import.meta.dirname, "drive.ts");
      const command = [process.execPath, driver, "up", JSON.stringify(options)];
      return JSON.parse(
        await here.machine.output(command, { env: { PATH: `${programs}:${process.env.PATH}` } }),
      );
    };
    try {
      expect(await again(upOptions(root))).toMatchObject({ alreadyRunning: true });
      expect(await shell("cat $1", unit)).toBe("ExecStart=old\n"); // another program than the one that runs
      expect(await again(newerOptions(root, "0.2.0"))).toMatchObject({ alreadyRunning: true });
      expect(await shell("cat $1", unit)).toContain(`"${fakeAgent}" "serve" "${root}" "0.2.0"`);
      expect(readFileSync(join(programs, "systemctl.log"), "utf8")).toBe(
        `daemon-reload\nenable ${id}.service\n`,
      );
    } finally {
      await shell("umount /etc/systemd/system; rmdir /run/systemd/system; rm $1/systemctl", programs);
    }
    await drive<DownResult>("down", { root });
  });
});

test("preflight finds the machine's overlayfs and cgroups fit", async () => {
  const findings = await drive<Finding[]>("preflight", { root: here.newRoot(), programFolders: [programs] });
  expect(findings).toEqual([]);
});

test("preflight warns of a firewall that knows nothing of instances, and up goes on", async () => {
  const root = here.newRoot();
  const { devicePrefix } = agentPaths(root);
  const chain = "ip filter FORWARD";
  const hook = "{ type filter hook forward priority 0; policy drop; }";
  await here.machine.output(["nft", `add table ip filter; add chain ${chain} ${hook}`]);
  const { warnings } = await drive<UpResult>("up", upOptions(root));
  expect(warnings).toEqual([expect.objectContaining({ severity: "warning", id: "firewall" })]);
  await here.machine.output(["nft", `insert rule ${chain} iifname "${devicePrefix}*" accept`]);
  const findings = await drive<Finding[]>("preflight", { root, programFolders: [programs] });
  expect(findings).toEqual([]);
  await drive<DownResult>("down", { root });
  await here.machine.output(["nft", "delete table ip filter"]);
});

/** As Docker's. */
const forwarded = "{ type filter hook forward priority 0; policy accept; }";

describe("down", () => {
  /** One of everything an agent and its instances may leave, made by hand. */
  const plant = `
    root=$1 id=$2 prefix=$3 node=$4 guard=$5
    mkdir -p $root/run/netns $root/lib/volume $root/lib/inner $root/lib/inner2
    touch $root/run/netns/one
    unshare --net=$root/run/netns/one true
    mount -t tmpfs none $root/lib/volume
    "$guard" enter --root $root -- mount -t tmpfs none $root/lib/inner
    ip link add \${prefix}gw type bridge
    ip link add \${prefix}a1b2 type veth peer name other
    nft "add table inet $id; add chain inet $id forward { type filter hook forward priority 0; }"
    nft "add table inet stranger"
    tree=$(grep -m1 -E ' - cgroup2? ' /proc/self/mountinfo | cut -d' ' -f5)
    mkdir -p $tree/$id/instance
    cat /proc/sys/net/ipv4/ip_forward > $root/forward
    printf '{"net.ipv4.ip_forward": "%s"}' $(cat $root/forward) > $root/lib/sysctls.json
    echo $((1 - $(cat $root/forward))) > /proc/sys/net/ipv4/ip_forward
    sleep 1000 & echo $! > $tree/$id/instance/cgroup.procs
    (exec -a etcd "$node" -e 'setTimeout(() => {}, 1e6)' -- --data-dir=$root/lib/etcd) &
    echo $tree`;

  async function plantTraces(root: string): Promise<void> {
    const { id, devicePrefix } = agentPaths(root);
    await here.machine.output([
      "setsid",
      "bash",
      "-ec",
      plant,
      "bash",
      root,
      id,
      devicePrefix,
      process.execPath,
      here.guard,
    ]);
  }

  test.each([
    ["the machine's cgroup tree", async () => {}],
    ["a hybrid cgroup tree", makeHybrid],
  ])("removes every trace of a dead agent, and nothing of anybody else: on %s", async (_, prepare) => {
    await prepare(here.machine);
    const root = here.newRoot();
    await startGuard(here, root);
    await until("the agent's socket", () => existsSync(join(root, "run/agent.sock")));
    await plantTraces(root);
    const { pid = null, agentPid = null } = readGuardFile(root) ?? {};
    await here.kill("KILL", pid);
    await here.kill("KILL", agentPid);

    const found = await drive<Trace[]>("traces", { root });
    const kinds = new Set(found.map(({ kind }) => kind));
    const expected = ["process", "mount", "network device", "nft table", "cgroup", "sysctl", "folder"];
    expect([...kinds]).toEqual(expect.arrayContaining(expected));

    const { left } = await drive<DownResult>("down", { root });
    expect(left).toEqual([]);
    expect(await drive<Trace[]>("traces", { root })).toEqual([]);

    const { id, devicePrefix } = agentPaths(root);
    expect(here.machine.mounts().filter(({ mountPoint }) => mountPoint.startsWith(root))).toEqual([]);
    expect(here.machine.cgroups().filter((cgroup) => cgroup.includes(id))).toEqual([]);
    expect(await shell("ip -o link")).not.toContain(devicePrefix);
    expect(await shell("nft list tables")).toBe("table inet stranger\n");
    expect(await shell("cat /proc/sys/net/ipv4/ip_forward")).toBe(
      readFileSync(join(root, "forward"), "utf8"),
    );
    expect(existsSync(join(root, "lib")) || existsSync(join(root, "run"))).toBe(false);
    await shell("nft delete table inet stranger");
  });

  test("leaves forwarding on where somebody else's rules came to need it, and says so", async () => {
    const root = here.newRoot();
    await drive<UpResult>("up", upOptions(root));
    const forward = "/proc/sys/net/ipv4/ip_forward";
    const before = await shell(`cat ${forward}`);
    writeFileSync(join(root, "lib/sysctls.json"), '{"net.ipv4.ip_forward": "0"}');
    await shell(`echo 1 > ${forward}; nft "add table ip filter; add chain ip filter FORWARD $1"`, forwarded);
    const { left, kept } = await drive<DownResult>("down", { root });
    expect(left).toEqual([]);
    const reason = expect.stringContaining("the chain ip filter FORWARD relies on it");
    expect(kept).toEqual([{ kind: "sysctl", item: "net.ipv4.ip_forward", reason }]);
    expect(await shell(`cat ${forward}`)).toBe("1\n");
    await shell(`nft delete table ip filter; echo ${before.trim()} > ${forward}`);
  });

  test("follows neither links nor mounts out of its folders", async () => {
    const root = here.newRoot();
    const outside = join(here.machine.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "thesis.txt"), "years of work");
    const { pid } = await startGuard(here, root);
    symlinkSync(outside, join(root, "lib/link"));
    mkdirSync(join(root, "lib/bound"));
    await shell('mount --bind "$1" "$2"', outside, join(root, "lib/bound"));
    expect(pid).toBeGreaterThan(0);
    expect((await drive<DownResult>("down", { root })).left).toEqual([]);
    expect(existsSync(join(root, "lib"))).toBe(false);
    expect(readFileSync(join(outside, "thesis.txt"), "utf8")).toBe("years of work");
  });

  test("refuses a folder that is not an agent's", async () => {
    const root = here.newRoot();
    mkdirSync(join(root, "lib"), { recursive: true });
    writeFileSync(join(root, "lib/thesis.txt"), "years of work");
    const { error } = await drive<DownResult>("down", { root });
    expect(error?.message).toContain(`delete folder ${root}/lib: it holds files of somebody else`);
    expect(existsSync(join(root, "lib/thesis.txt"))).toBe(true);
  });

  test("finds nothing where there was never an agent", async () => {
    expect(await drive<DownResult>("down", { root: here.newRoot() })).toEqual({
      removed: [],
      left: [],
      kept: [],
    });
  });
});
