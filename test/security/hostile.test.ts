import { once } from "node:events";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { type AgentMachine, inside, owner, runIdle, startAgentMachine, uploadImage } from "./agent.ts";
import { buildAttacker } from "./attacker.ts";
import { probes } from "./probes.ts";

jest.setTimeout(120_000);

/** Rights over the host, as somebody may give them: what the default withholds. */
const powers = [
  "SYS_ADMIN",
  "SYS_PTRACE",
  "SYS_MODULE",
  "SYSLOG",
  "DAC_READ_SEARCH",
  "NET_ADMIN",
  "SYS_BOOT",
];

let at: AgentMachine;
let image: { image: string; imageDigest: string };
let folder: string;
/** Instances: as every other by default; with every right; without raw sockets. */
let [hostile, loose, quiet]: string[] = [];
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  at = await startAgentMachine();
  folder = join(at.machine.root, "attack");
  mkdirSync(folder);
  const program = await buildAttacker(folder);
  image = await uploadImage(at.client, "busybox");
  const mounts = [{ target: folder, hostPath: { path: folder }, readOnly: true }];
  const open = { seccomp: "unconfined", capabilities: { add: powers }, noNewPrivileges: false };
  [hostile, loose, quiet] = await Promise.all([
    runIdle(at.client, "hostile", { ...image, mounts }),
    runIdle(at.client, "loose", { ...image, mounts, security: open }),
    runIdle(at.client, "quiet", { ...image, mounts, security: { capabilities: { drop: ["NET_RAW"] } } }),
  ]);
  const listener = await at.machine.spawn([process.execPath, "-e", listening], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(listener.stdout as NodeJS.ReadableStream, "data");
  const cgroup = existsSync("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  variables = {
    RUN: at.paths.runDir,
    STATE: at.paths.stateDir,
    AGENT: String(await at.agentPid()),
    CGROUP: cgroup,
    TRY: program,
  };
});
afterAll(async () => await at?.[Symbol.asyncDispose]());

/** Of the host: by an abstract name, on loopback, and on all addresses. */
const listening = `
  const { createServer } = require("node:net");
  createServer().listen("\\0abstract");
  createServer().listen(7777, "127.0.0.1");
  createServer().listen(8888, "0.0.0.0", () => console.log("up"));`;

const settings = () =>
  Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'; `)
    .join("");

async function attempt(where: string | undefined | "host", command: string): Promise<string> {
  const script = `${settings()}${command}`;
  // Away from the machine's own mounts, so that what is mounted goes with the probe.
  if (where === "host") return (await at.machine.output(["unshare", "--mount", "sh", "-c", script])).trim();
  return (await inside(at.client, where ?? "", ["sh", "-c", script])).trim();
}

describe("root of a container by default does not get", () => {
  test.each(probes)("$title", async ({ attempt: command, refused, control, instead = command, allowed }) => {
    expect(await attempt(hostile, `$TRY ${command}`)).toMatch(refused);
    expect(await attempt(control === "host" ? "host" : loose, `$TRY ${instead}`)).toMatch(allowed);
  });

  test("the processes of the host or of other instances", async () => {
    expect(Number((await attempt(hostile, "$TRY processes")).split(" ")[1])).toBeLessThan(6);
    expect(Number((await attempt("host", "$TRY processes")).split(" ")[1])).toBeGreaterThan(10);
  });

  test("modules of the kernel or another kernel, also where these do not exist", async () => {
    for (const name of ["init_module", "finit_module", "delete_module", "kexec_load"]) {
      expect([name, await attempt(hostile, `$TRY call ${name}`)]).toEqual([name, "EPERM"]);
      expect([name, await attempt(loose, `$TRY call ${name}`)]).not.toEqual([name, "EPERM"]);
    }
  });

  test("a writable part of /sys, or of /proc beside its own", async () => {
    const writable =
      "awk '$2 ~ /^\\/(sys|proc\\/)/ && $4 ~ /^rw/ && $3 != \"tmpfs\" { print $2 }' /proc/mounts";
    expect(await attempt(hostile, writable)).toBe("");
    expect(await attempt("host", writable)).not.toBe("");
  });

  test("a lower chance to be killed for memory than the host gave it", async () => {
    expect(await attempt(hostile, "echo -1000 >/proc/self/oom_score_adj")).toMatch(/Permission denied/);
  });
});

describe("what a container has by default, as the guide says", () => {
  test("raw sockets, which `capabilities.drop` takes away; what they may send is filtered", async () => {
    expect(await attempt(hostile, "$TRY raw")).toBe("ok");
    expect(await attempt(quiet, "$TRY raw")).toBe("EPERM");
  });

  test("what the host serves to everybody; of the agent that is names alone", async () => {
    expect(await attempt(hostile, "$TRY tcp 10.64.0.1:8888")).toBe("ok");
    expect(await attempt(hostile, "$TRY tcp 10.64.0.1:7777")).toBe("ECONNREFUSED");
    const sockets = (await at.machine.output(["ss", "-Htulnp"])).trim().split("\n");
    const agents = sockets.filter((line) => !/:(7777|8888) /.test(line));
    expect(agents.map((line) => line.split(/\s+/)[4])).toEqual(["10.64.0.1:53", "10.64.0.1:53"]);
    expect(agents.every((line) => line.includes('"dnsmasq"'))).toBe(true);
  });
});

describe("the agent's own folders cannot be mounted:", () => {
  const where = { namespace: "default", plural: "services", name: "thief" };
  const steal = (path: string) => {
    const mounts = [{ target: "/stolen", hostPath: { path }, readOnly: true }];
    const inputs = { ...image, command: ["sleep", "100000"], mounts };
    return at.client.putDocument(where, { owner, inputs }, {});
  };

  test.each([
    ["the folder of its socket", (paths: AgentMachine["paths"]) => paths.runDir],
    ["its state", (paths: AgentMachine["paths"]) => join(paths.stateDir, "etcd")],
    ["what holds both", () => "/"],
  ])("%s is refused with the field's path", async (_, pathOf) => {
    const refused = steal(pathOf(at.paths));
    await expect(refused).rejects.toMatchObject({
      code: "invalid",
      violations: [
        { path: "mounts[0].hostPath.path", reason: expect.stringMatching(/agent's own.*; mount a folder/) },
      ],
    });
    expect(await at.client.getDocument(where)).toBeUndefined();
  });

  test("by a link is refused when it starts", async () => {
    const path = join(folder, "detour");
    symlinkSync(at.paths.stateDir, path);
    await steal(path);
    const reason = new RegExp(`mount /stolen: ${path} on host machine .*the agent's own.*; mount a folder`);
    const look = async () => {
      const found = await at.client.listInstances({ service: "thief" });
      return found.find((instance) => reason.test(instance.reason) && instance.state === "backoff");
    };
    await until("the start was refused", look, 30_000);
  });
});
