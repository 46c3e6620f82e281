import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import {
  type GuardedMachine,
  type GuardFile,
  guardLines,
  makeHybrid,
  readGuardFile,
  startGuard,
  startGuardedMachine,
  testGuardSource,
  until,
} from "./guarded.ts";

let here: GuardedMachine;
beforeAll(async () => {
  here = await startGuardedMachine("guarded");
});
afterAll(async () => await here?.[Symbol.asyncDispose]());

async function namespaceOf(pid: number | null | undefined): Promise<string> {
  return await here.machine.output(["readlink", `/proc/${pid}/ns/mnt`]);
}

test("the source passes vet and its own tests", async () => {
  expect(await testGuardSource()).toMatch(/^ok/);
});

test("the program is small and static", async () => {
  expect(statSync(here.guard).size).toBeLessThan(5_000_000);
  expect((await here.machine.run(["ldd", here.guard])).stderr).toContain("not a dynamic executable");
});

describe("an agent that is killed", () => {
  test("kill -9 of an agent: its guard starts another; within 1 s", async () => {
    const root = here.newRoot();
    const { agentPid } = await startGuard(here, root);
    await here.kill("KILL", agentPid);
    const next = await until(
      "another agent",
      () => {
        const seen = readGuardFile(root)?.agentPid;
        return seen !== agentPid && seen;
      },
      1_000,
    );
    expect(here.isAlive(next)).toBe(true);
  });

  test("an agent that ends at once every time: the pauses before its starts grow from 0.1 s on; within 5 s", async () => {
    const root = here.newRoot();
    const delays = () => guardLines(root).flatMap(({ delayMs }) => (delayMs === undefined ? [] : [delayMs]));
    const { pid } = await startGuard(here, root, "crash");
    await until("five deaths", () => delays().length >= 5);
    expect(delays().slice(0, 5)).toEqual([0, 100, 200, 400, 800]);
    await here.kill("TERM", pid);
  });
});

describe("a guard", () => {
  test("is the only one of its root", async () => {
    const root = here.newRoot();
    const { pid } = await startGuard(here, root);
    const second = await here.machine.run([here.guard, "run", "--root", root, "--", "true"]);
    expect(second.code).toBe(3);
    expect(second.stderr).toContain(`start guard: ${agentPaths(root).id}: already runs as process ${pid}`);
  });

  test("refuses folders that hold something else", async () => {
    const root = here.newRoot();
    mkdirSync(join(root, "lib"), { recursive: true });
    writeFileSync(join(root, "lib/thesis.txt"), "years of work");
    const refused = await here.machine.run([here.guard, "run", "--root", root, "--", "true"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("it holds files of somebody else (thesis.txt)");
  });

  test("ends on SIGTERM, and the agent with it", async () => {
    const root = here.newRoot();
    const { pid, agentPid } = await startGuard(here, root);
    await until("the agent's socket", () => existsSync(join(root, "run/agent.sock")));
    await here.kill("TERM", pid);
    await until("the record's removal", () => readGuardFile(root) === undefined);
    expect(here.isAlive(agentPid)).toBe(false);
  });

  test("kill -9 of the guard: the agent goes on, and the next guard adopts it; at once", async () => {
    const root = here.newRoot();
    const first = await startGuard(here, root);
    await here.kill("KILL", first.pid);
    const second = await startGuard(here, root);
    expect(second.agentPid).toBe(first.agentPid);
    // The guard's record comes before its word about it.
    await until("its word", () => guardLines(root).some(({ msg }) => msg === "the running agent is adopted"));
    await here.kill("KILL", second.agentPid);
    await until("another agent", () => readGuardFile(root)?.agentPid !== second.agentPid, 1_000);
  });

  test("bounds the agent's log", async () => {
    const root = here.newRoot();
    const sizeOf = (suffix: string) =>
      statSync(join(root, `lib/agent.log${suffix}`), { throwIfNoEntry: false })?.size ?? 0;
    const { pid } = await startGuard(here, root, "chatter");
    await until("two rotations", () => sizeOf(".2") > 0, 30_000);
    await here.kill("TERM", pid);
    const bound = 10 * 1024 * 1024;
    expect(sizeOf(".1")).toBeLessThanOrEqual(bound * 2);
    expect(sizeOf(".2")).toBeLessThanOrEqual(bound * 2);
    expect(sizeOf(".3")).toBe(0);
  });
});

describe("on a machine whose v1 and v2 trees both have controllers, an agent", () => {
  const hasV1 = () => here.machine.mounts().some(({ fileSystem }) => fileSystem === "cgroup");
  const hasV2 = () => here.machine.mounts().some(({ fileSystem }) => fileSystem === "cgroup2");
  let root: string;
  let first: GuardFile;

  beforeAll(async () => {
    await makeHybrid(here.machine);
    root = here.newRoot();
    first = await startGuard(here, root);
  });

  test("gets a namespace of its own without the v2 tree", async () => {
    const isHybrid = hasV1() && hasV2();
    expect(first.cgroupMode).toBe(isHybrid ? "private-v1" : hasV1() ? "v1" : "v2");
    expect(first.mountNamespace).toBe(isHybrid ? join(root, "run/pins/mnt") : null);
    const seen = await here.machine.output([
      here.guard,
      "enter",
      "--root",
      root,
      "--",
      "cat",
      "/proc/self/mountinfo",
    ]);
    expect(/ - cgroup /.test(seen) && / - cgroup2 /.test(seen)).toBe(false);
    expect((await namespaceOf(first.agentPid)) === (await namespaceOf(1))).toBe(!isHybrid);
  });

  test("shows no mount of its own to the machine", async () => {
    const place = join(root, "lib/place");
    mkdirSync(place);
    await here.machine.output([
      here.guard,
      "enter",
      "--root",
      root,
      "--",
      "mount",
      "-t",
      "tmpfs",
      "none",
      place,
    ]);
    const isSeen = here.machine.mounts().some(({ mountPoint }) => mountPoint === place);
    expect(isSeen).toBe(first.mountNamespace === null);
  });

  test("kill -9 of guard and agent together: the next agent is in the same mount namespace; within 10 s", async () => {
    const namespace = await namespaceOf(first.agentPid);
    await here.kill("KILL", first.pid);
    await here.kill("KILL", first.agentPid);
    await startGuard(here, root);
    // A guard records itself before it has found out that the last agent is gone.
    const agentPid = await until("another agent", () => {
      const seen = readGuardFile(root)?.agentPid;
      return seen !== first.agentPid && (seen ?? undefined);
    });
    expect(await namespaceOf(agentPid)).toBe(namespace);
  });
});
