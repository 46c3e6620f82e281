import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { type Machine, startMachine } from "../lab/index.ts";
import {
  buildGuard,
  type GuardFile,
  guardLines,
  makeHybrid,
  readGuardFile,
  startGuard,
  testGuardSource,
  until,
} from "./guarded.ts";

let guard: string;
let machine: Machine;
let count = 0;

beforeAll(async () => {
  [guard, machine] = await Promise.all([buildGuard(), startMachine({ name: "guarded" })]);
});

afterAll(async () => {
  await machine.stop();
  rmSync(dirname(guard), { recursive: true });
});

/** Each test has a root of its own, and so a guard of its own. */
function newRoot(): string {
  count += 1;
  return join(machine.root, `root${count}`);
}

async function kill(signal: string, pid: number | null | undefined): Promise<void> {
  await machine.output(["kill", `-${signal}`, String(pid)]);
}

async function isAlive(pid: number | null | undefined): Promise<boolean> {
  return (await machine.run(["kill", "-0", String(pid)])).code === 0;
}

async function namespaceOf(pid: number | null | undefined): Promise<string> {
  return await machine.output(["readlink", `/proc/${pid}/ns/mnt`]);
}

test("the source passes vet and its own tests", async () => {
  expect(await testGuardSource()).toMatch(/^ok/);
});

test("the program is small and static", async () => {
  expect(statSync(guard).size).toBeLessThan(5_000_000);
  expect((await machine.run(["ldd", guard])).stderr).toContain("not a dynamic executable");
});

describe("an agent that is killed", () => {
  test("kill -9 of an agent: its guard starts another; within 1 s", async () => {
    const root = newRoot();
    const { agentPid } = await startGuard(machine, guard, root);
    await kill("KILL", agentPid);
    const next = await until(
      "another agent",
      () => {
        const seen = readGuardFile(root)?.agentPid;
        return seen !== agentPid && seen;
      },
      1_000,
    );
    expect(await isAlive(next)).toBe(true);
  });

  test("an agent that ends at once every time: the pauses before its starts grow from 0.1 s on; within 5 s", async () => {
    const root = newRoot();
    const delays = () => guardLines(root).flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs]));
    const { pid } = await startGuard(machine, guard, root, "crash");
    await until("five deaths", () => delays().length >= 5);
    expect(delays().slice(0, 5)).toEqual([0, 100, 200, 400, 800]);
    await kill("TERM", pid);
  });
});

describe("a guard", () => {
  test("is the only one of its root", async () => {
    const root = newRoot();
    const { pid } = await startGuard(machine, guard, root);
    const second = await machine.run([guard, "run", "--root", root, "--", "true"]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`start guard: ${agentPaths(root).id}: already runs as process ${pid}`);
  });

  test("refuses folders that hold something else", async () => {
    const root = newRoot();
    mkdirSync(join(root, "lib"), { recursive: true });
    writeFileSync(join(root, "lib/thesis.txt"), "years of work");
    const refused = await machine.run([guard, "run", "--root", root, "--", "true"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("it holds files of somebody else (thesis.txt)");
  });

  test("ends on SIGTERM, and the agent with it", async () => {
    const root = newRoot();
    const { pid, agentPid } = await startGuard(machine, guard, root);
    await until("the agent's socket", () => existsSync(join(root, "run/agent.sock")));
    await kill("TERM", pid);
    await until("the record's removal", () => readGuardFile(root) === undefined);
    expect(await isAlive(agentPid)).toBe(false);
  });

  test("kill -9 of the guard: the agent goes on, and the next guard adopts it; at once", async () => {
    const root = newRoot();
    const first = await startGuard(machine, guard, root);
    await kill("KILL", first.pid);
    const second = await startGuard(machine, guard, root);
    expect(second.agentPid).toBe(first.agentPid);
    // The guard's record comes before its word about it.
    await until("its word", () => guardLines(root).some(({ msg }) => msg === "the running agent is adopted"));
    await kill("KILL", second.agentPid);
    await until("another agent", () => readGuardFile(root)?.agentPid !== second.agentPid, 1_000);
  });

  test("bounds the agent's log", async () => {
    const root = newRoot();
    const sizeOf = (suffix: string) =>
      statSync(join(root, `lib/agent.log${suffix}`), { throwIfNoEntry: false })?.size ?? 0;
    const { pid } = await startGuard(machine, guard, root, "chatter");
    await until("two rotations", () => sizeOf(".2") > 0, 30_000);
    await kill("TERM", pid);
    const bound = 10 * 1024 * 1024;
    expect(sizeOf(".1")).toBeLessThanOrEqual(bound * 2);
    expect(sizeOf(".2")).toBeLessThanOrEqual(bound * 2);
    expect(sizeOf(".3")).toBe(0);
  });
});

describe("on a machine whose v1 and v2 trees both have controllers, an agent", () => {
  const hasV1 = () => machine.mounts().some(({ fileSystem }) => fileSystem === "cgroup");
  const hasV2 = () => machine.mounts().some(({ fileSystem }) => fileSystem === "cgroup2");
  let root: string;
  let first: GuardFile;

  beforeAll(async () => {
    await makeHybrid(machine);
    root = newRoot();
    first = await startGuard(machine, guard, root);
  });

  test("gets a namespace of its own without the v2 tree", async () => {
    const isHybrid = hasV1() && hasV2();
    expect(first.cgroupMode).toBe(isHybrid ? "private-v1" : hasV1() ? "v1" : "v2");
    expect(first.mountNamespace).toBe(isHybrid ? join(root, "run/pins/mnt") : null);
    const seen = await machine.output([guard, "enter", "--root", root, "--", "cat", "/proc/self/mountinfo"]);
    expect(/ - cgroup /.test(seen) && / - cgroup2 /.test(seen)).toBe(false);
    expect((await namespaceOf(first.agentPid)) === (await namespaceOf(1))).toBe(!isHybrid);
  });

  test("shows no mount of its own to the machine", async () => {
    const place = join(root, "lib/place");
    mkdirSync(place);
    await machine.output([guard, "enter", "--root", root, "--", "mount", "-t", "tmpfs", "none", place]);
    const isSeen = machine.mounts().some(({ mountPoint }) => mountPoint === place);
    expect(isSeen).toBe(first.mountNamespace === null);
  });

  test("kill -9 of guard and agent together: the next agent is in the same mount namespace; within 10 s", async () => {
    const namespace = await namespaceOf(first.agentPid);
    await kill("KILL", first.pid);
    await kill("KILL", first.agentPid);
    await startGuard(machine, guard, root);
    // A guard records itself before it has found out that the last agent is gone.
    const agentPid = await until("another agent", () => {
      const seen = readGuardFile(root)?.agentPid;
      return seen !== first.agentPid && (seen ?? undefined);
    });
    expect(await namespaceOf(agentPid)).toBe(namespace);
  });
});
