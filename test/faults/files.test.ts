import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { FaultHost } from "./host.ts";
import { expectNoneFailed, expectUntouched, loadOn, useSteadyHost } from "./steady.ts";

let host: FaultHost;

useSteadyHost((started) => {
  host = started;
});

const expectSteady = (fault: () => Promise<void>) => expectUntouched(host, "steady", fault);
const state = (...names: string[]) => join(host.paths.stateDir, ...names);
const runtime = (...names: string[]) => join(host.paths.runDir, "runtime", ...names);
const junk = (file: string) => writeFileSync(file, randomBytes(300));
const idOf = async () => (await host.settled("steady"))[0]?.id ?? "";
/** The agent is killed, the file changed, and the next agent takes over. */
async function expectSurvives(change: () => void | Promise<void>): Promise<void> {
  await expectSteady(async () => {
    await host.restartAgent(change);
    await host.settled("steady", 20_000);
  });
}

/** The same where the record goes with the change: since when and how often it was started is forgotten. */
async function expectProcessesSurvive(change: () => void | Promise<void>): Promise<void> {
  const known = async () =>
    (await host.settled("steady")).map(({ id, pid, address }) => ({ id, pid, address }));
  const [before, load] = [await known(), await loadOn(host, "steady")];
  await host.restartAgent(change);
  await host.settled("steady", 20_000);
  await expectNoneFailed(load);
  expect(await known()).toEqual(before);
}

test("a host-name of binary junk: it is set aside, said, and the host keeps its name and all that runs; within 20 s", async () => {
  const before = await host.client.listHosts();
  await expectSurvives(() => junk(state("host-name")));
  expect((await host.client.listHosts()).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  expect(host.said("host-name.unreadable")).not.toEqual([]);
  await host.serve("steady", { replicas: 3 });
  await host.settled("steady");
  await host.serve("steady", { replicas: 2 });
  await host.settled("steady");
});

test("an empty host-name: the host keeps its name and all that runs; within 20 s", async () => {
  const before = await host.client.listHosts();
  await expectSurvives(() => truncateSync(state("host-name")));
  expect((await host.client.listHosts()).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
});

test("the kept assignment is junk: it is set aside, said, and the session's is used; within 20 s", async () => {
  await expectSurvives(() => host.corrupt(runtime("assignment.json")));
  expect(host.said("assignment.json")).not.toEqual([]);
});

test("an instance's record is junk: the process goes on, the record is made anew; within 20 s", async () => {
  const id = await idOf();
  await expectProcessesSurvive(() => junk(state("instances", id, "record.json")));
  expect(JSON.parse(readFileSync(state("instances", id, "record.json"), "utf8"))).toMatchObject({
    version: 1,
  });
  expect(host.said(join(id, "record.json"))).not.toEqual([]);
});

test("all records and the kept assignment are gone: the processes go on; within 20 s", async () => {
  await expectProcessesSurvive(async () => {
    for (const id of readdirSync(state("instances"))) rmSync(state("instances", id, "record.json"));
    await host.corrupt(runtime("assignment.json"));
  });
});

test("the monitor's pid file is junk: neither monitor nor process is touched; within 20 s", async () => {
  const id = await idOf();
  await expectSurvives(() => host.corrupt(runtime("bundles", id, "monitor.pid")));
});

test("guard.json is junk when the guard is killed: the next guard adopts the same agent; within 20 s", async () => {
  const agents = host.agent();
  await expectSteady(async () => {
    await host.kill(host.guard());
    junk(join(host.paths.runDir, "guard.json"));
    await host.up();
    await host.startGuard();
    await until("the agent's record", async () => {
      const text = readFileSync(join(host.paths.runDir, "guard.json"), "utf8");
      return text.startsWith("{") && JSON.parse(text).agentPid === agents[0]?.pid ? true : undefined;
    });
  });
  expect(host.agent().map(({ pid }) => pid)).toEqual(agents.map(({ pid }) => pid));
});

test("a container's log is junk, then cut off, then deleted while it is written: it is read and written on; within 10 s", async () => {
  await host.serve("talker", {
    command: ["sh", "-c", "while sleep 0.1; do echo said; done"],
    healthCheck: undefined,
  });
  const talker = await until(
    "the talker",
    async () => (await host.client.listInstances({ service: "talker" }))[0],
  );
  const log = state("instances", talker.id, "log");
  const tail = async () => {
    const lines = [];
    for await (const line of host.client.logs(talker.id, { tail: 3 }, AbortSignal.timeout(5_000)))
      lines.push(line);
    return lines.map(({ text }) => text);
  };
  await until("its first words", async () => ((await tail()).length === 3 ? true : undefined));
  writeFileSync(
    log,
    Buffer.concat([
      randomBytes(5_000),
      Buffer.from("\nnever stdout F strange\n2026-11-23T10:00:00+00:00 stdout F before\n"),
    ]),
  );
  await until(
    "its words after the junk",
    async () => ((await tail()).join() === "said,said,said" ? true : undefined),
    10_000,
  );
  truncateSync(log);
  await until(
    "its words after the cut",
    async () => ((await tail()).join() === "said,said,said" ? true : undefined),
    10_000,
  );
  rmSync(log);
  await until(
    "its words in a new file",
    async () => (existsSync(log) && (await tail()).join() === "said,said,said" ? true : undefined),
    10_000,
  );
  expect((await host.client.listInstances({ service: "talker" }))[0]).toMatchObject({
    id: talker.id,
    restarts: 0,
  });
  await host.client.deleteDocument({ namespace: "default", plural: "services", name: "talker" });
});

test("crun's status is junk: the process is ended and its instance started once, nothing of the old one is left; within 20 s", async () => {
  const id = await idOf();
  const before = host.workers("steady").map(({ pid }) => pid);
  await host.restartAgent(() => host.corrupt(runtime("crun", id, "status")));
  await until("a settled service", async () => {
    const now = host.workers("steady").map(({ pid }) => pid);
    return now.length === 2 && now.some((pid) => !before.includes(pid)) ? true : undefined;
  });
  expect((await host.settled("steady", 20_000)).map((one) => one.id)).toContain(id);
});
