import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { FaultHost } from "./host.ts";
import { expectUntouched, useSteadyHost } from "./steady.ts";

let host: FaultHost;

useSteadyHost((started) => {
  host = started;
});

const expectSteady = (fault: () => Promise<void>) => expectUntouched(host, "steady", fault);

test("kill -9 of the agent while instances start: every slot gets one instance, other services' traffic goes on; within 20 s", async () => {
  await expectSteady(async () => {
    await host.serve("many", { replicas: 8 });
    const documents = await host.documents();
    await until("the first of them to run", async () => host.workers("many").length > 0 || undefined);
    const before = host.agent();
    await host.kill(before);
    await host.anotherAgent(before);
    await host.settled("many", 20_000);
    expect(await host.documents()).toBe(documents);
  });
});

test("kill -9 of the agent in the middle of a rolling update: it goes on with the same revision, other services' traffic goes on; within 20 s", async () => {
  await host.serve("many", { replicas: 4 });
  const [{ revision = 0 } = {}] = await host.settled("many");
  await expectSteady(async () => {
    await host.serve("many", { replicas: 4, env: { COLOUR: "green" } });
    await until(
      "the first of them to be replaced",
      async () =>
        (await host.client.listInstances({ service: "many" })).some(
          (one) => one.revision > revision && one.healthy,
        ) || undefined,
    );
    const documents = await host.documents();
    const before = host.agent();
    await host.kill(before);
    await host.anotherAgent(before);
    await host.settled("many", 20_000);
    expect(await host.documents()).toBe(documents);
  });
});

test("kill -9 of the agent while an uploaded image is unpacked: nothing half unpacked is run or left, the next agent unpacks it anew, one instance runs; within 30 s", async () => {
  const temporary = join(host.paths.stateDir, "images", "temp");
  const halfDone = async () => await host.machine.output(["find", temporary, "-mindepth", "2"]);
  const children = () => host.running("/agent/main.js unpack ");
  await expectSteady(async () => {
    await host.serve("late", await host.upload("nginx"));
    const child = await until("a layer to be half unpacked", async () => {
      const [found] = children();
      if (found === undefined) return undefined;
      await host.kill([found], "STOP");
      const isStopped = children().some(({ pid, state }) => pid === found.pid && state === "T");
      if (isStopped && (await halfDone()) !== "") return found;
      await host.kill([found], "CONT");
      return undefined;
    });
    const before = host.agent();
    await host.kill(before);
    await host.kill([child], "CONT");
    await until(
      "its child to end",
      async () => !children().some(({ pid }) => pid === child.pid) || undefined,
    );
    await host.anotherAgent(before);
    expect(await host.settled("late", 30_000)).toHaveLength(1);
  });
  expect(children()).toEqual([]);
  expect(await halfDone()).toBe("");
});

test("an agent that is killed again and again for 5 s: its guard waits 0.1 s and then twice as long each time, 5 s at most, no instance is touched, a change in between is carried out; within 20 s", async () => {
  const killed = new Set<number>();
  await expectSteady(async () => {
    const end = performance.now() + 5_000;
    while (performance.now() < end) {
      const agents = host.agent();
      expect(agents.length).toBeLessThanOrEqual(1);
      if (agents.length > 0) await host.kill(agents);
      for (const { pid } of agents) killed.add(pid);
    }
    expect(killed.size).toBeGreaterThan(3);
    expect(killed.size).toBeLessThan(12);
    await host.anotherAgent([...killed].map((pid) => ({ pid, parentPid: 1, state: "R", command: "" })));
  });
  const delays = guardSaid("the agent has ended and is started again").map(({ delayMs = 0 }) => delayMs);
  const pauses = delays.slice(-killed.size);
  // Agents of the tests before that did not live for long count too.
  for (const [before = 0, next = 0] of pauses.slice(1).map((next, index) => [pauses[index], next])) {
    const doubled = before === 0 ? [0, 100] : [Math.min(2 * before, 5_000)];
    expect(doubled).toContain(next);
  }
  expect(Math.max(...pauses)).toBeGreaterThanOrEqual(100);
  await host.serve("many", { replicas: 1 });
  await host.settled("many", 20_000);
});

/** The guard's own lines that say this. */
function guardSaid(text: string): { readonly delayMs?: number }[] {
  return host.said(text).map((line) => JSON.parse(line));
}

test("kill -9 of guard and agent: instances and traffic stay, and an up starts both again; within 20 s", async () => {
  await expectSteady(async () => {
    const [guard, agent] = [host.guard(), host.agent()];
    await host.kill([...guard, ...agent]);
    await host.up();
    await host.anotherAgent(agent);
    expect([host.guard().length, host.agent().length]).toEqual([1, 1]);
  });
});

test("another program has the servers' port: status says so, nothing that runs is touched, and the port is taken once it is free; within 20 s", async () => {
  const trouble = async () => {
    const { stdout } = await host.machine.run(["constellation-agent", "status"], { env: host.environment });
    return stdout.split("\n").find((line) => line.startsWith("trouble")) ?? "";
  };
  const [{ name = "" } = {}] = await host.client.listHosts();
  const occupy = "require('net').createServer().listen(7443, '127.0.0.1', () => console.log('there'))";
  await expectSteady(async () => {
    const other = await host.machine.spawn([process.execPath, "-e", occupy]);
    await once(other.stdout as Readable, "data");
    await host.client.putHost(name, { address: "127.0.0.1" });
    const said =
      "no other machine reaches this server: listen on 127.0.0.1:7443: another program listens there";
    await until("status to say so", async () => (await trouble()).includes(said) || undefined);
    other.kill("SIGKILL");
    await until("all to be well", async () => /^trouble +none$/.test(await trouble()) || undefined);
  });
});
