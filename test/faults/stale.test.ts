import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { type FaultHost, startFaultHost } from "./host.ts";
import { expectUntouched } from "./steady.ts";

let host: FaultHost;

beforeAll(async () => {
  host = await startFaultHost();
  await host.serve("steady", { replicas: 2 });
  await host.settled("steady");
});
afterAll(async () => await host?.[Symbol.asyncDispose]());

const expectSteady = (fault: () => Promise<void>) => expectUntouched(host, "steady", fault);

/** A process that has nothing to do with us. */
async function stranger(): Promise<number> {
  await host.machine.spawn(["sleep", "4242"], { stdio: "ignore" });
  return (await until("the stranger", async () => host.running("sleep 4242").at(-1))).pid;
}
const lives = (pid: number) => host.running("sleep 4242").some((process) => process.pid === pid);

test("a stale socket and a stale lock file: the next agent answers at the same place; within 20 s", async () => {
  await expectSteady(async () => {
    await host.kill([...host.guard(), ...host.agent()]);
    expect((await host.machine.run(["test", "-S", host.paths.socket])).code).toBe(0);
    await host.up();
    expect(await host.client.info()).toMatchObject({ pid: host.agent()[0]?.pid });
  });
});

test("guard.json names a stranger's process as guard and agent: it is neither adopted nor killed, down included; within 20 s", async () => {
  const pid = await stranger();
  await expectSteady(async () => {
    await host.kill([...host.guard(), ...host.agent()]);
    const file = join(host.paths.runDir, "guard.json");
    const record = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...record, pid, agentPid: pid }));
    await host.up();
    expect(host.agent()).toHaveLength(1);
  });
  expect(lives(pid)).toBe(true);
});

test("crun's status and conmon's pid file name a stranger's process: it is never killed, the old process ends with its service; within 30 s", async () => {
  const pid = await stranger();
  await host.serve("gone");
  const [instance] = await host.settled("gone");
  const runtime = join(host.paths.runDir, "runtime");
  await host.restartAgent(async () => {
    await host.edit(join(runtime, "crun", instance?.id ?? "", "status"), `s/"pid" *: *[0-9]*/"pid":${pid}/`);
    await host.edit(join(runtime, "bundles", instance?.id ?? "", "monitor.pid"), `s/.*/${pid}/`);
  });
  await host.client.deleteDocument({ namespace: "default", plural: "services", name: "gone" });
  await until(
    "nothing of it to be left",
    async () => {
      const left = [...host.workers("gone"), ...host.monitors("gone")];
      return left.length === 0 && (await host.client.listInstances({ service: "gone" })).length === 0
        ? true
        : undefined;
    },
    30_000,
  );
  expect(lives(pid)).toBe(true);
});

test("network namespaces, devices, mounts and folders of instances that nobody knows: they are removed, nothing else is; within 40 s", async () => {
  const { devicePrefix, runDir, stateDir } = host.paths;
  const before = await host.machine.traces();
  const id = "ghost-0-abcdef";
  await expectSteady(async () => {
    await host.restartAgent(async () => {
      await host.inside([
        ["mkdir", "-p", join(stateDir, "instances", id, "root")],
        ["mount", "-t", "tmpfs", "none", join(stateDir, "instances", id, "root")],
        ["mkdir", "-p", join(runDir, "runtime", "bundles", id)],
        ["touch", join(runDir, "netns", id)],
        ["unshare", `--net=${join(runDir, "netns", id)}`, "true"],
        [
          "ip",
          "link",
          "add",
          `${devicePrefix}ghost0`,
          "type",
          "veth",
          "peer",
          "name",
          `${devicePrefix}ghost1`,
        ],
      ]);
    });
    await until(
      "the ghost to be gone",
      async () => {
        const left = await host.machine.output([
          "sh",
          "-c",
          'ip -o link | grep ghost; find "$1" "$2" -name "ghost*"; true',
          "sh",
          stateDir,
          runDir,
        ]);
        return left === "" || undefined;
      },
      40_000,
    );
  });
  const after = await host.machine.traces();
  expect({ ...after, processes: [], run: [] }).toEqual({ ...before, processes: [], run: [] });
});

test("packet rules of an agent that crashed: the next one's are in their place, other tables are left alone; within 20 s", async () => {
  await host.machine.output(["nft", "add", "table", "inet", "stranger"]);
  await expectSteady(async () => {
    await host.restartAgent(async () => {
      await host.machine.output([
        "nft",
        "add",
        "rule",
        "inet",
        host.paths.id,
        await firstChain(),
        "counter",
        "comment",
        '"stale"',
      ]);
    });
    await until("the stale rule to be gone", async () => !(await rules()).includes('"stale"') || undefined);
  });
  expect(await rules()).toContain("table inet stranger");
});

const rules = async () => await host.machine.output(["nft", "list", "ruleset"]);
async function firstChain(): Promise<string> {
  const table = await host.machine.output(["nft", "list", "table", "inet", host.paths.id]);
  return /chain (\S+) \{/.exec(table)?.[1] ?? "";
}
