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

test("an agent that is killed again and again for 5 s: its guard waits longer each time, no instance is touched, a change in between is carried out; within 20 s", async () => {
  await expectSteady(async () => {
    const end = performance.now() + 5_000;
    const killed = new Set<number>();
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
  await host.serve("many", { replicas: 1 });
  await host.settled("many", 20_000);
});

test("kill -9 of guard and agent: instances and traffic stay, and an up starts both again; within 20 s", async () => {
  await expectSteady(async () => {
    const [guard, agent] = [host.guard(), host.agent()];
    await host.kill([...guard, ...agent]);
    await host.up();
    await host.anotherAgent(agent);
    expect([host.guard().length, host.agent().length]).toEqual([1, 1]);
  });
});
