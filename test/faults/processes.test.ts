import { expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import type { FaultHost } from "./host.ts";
import { expectUntouched, useSteadyHost } from "./steady.ts";

let host: FaultHost;

useSteadyHost((started) => {
  host = started;
});

const expectSteady = (fault: () => Promise<void>) => expectUntouched(host, "steady", fault);

test("kill -9 of every conmon and crun again and again while instances start: every slot gets one instance, other services' traffic goes on; within 20 s", async () => {
  await expectSteady(async () => {
    await host.serve("many", { replicas: 6 });
    for (const end = performance.now() + 1_500; performance.now() < end; ) {
      const found = [...host.monitors("many"), ...host.running("crun --root")];
      if (found.length > 0) await host.kill(found);
    }
    await host.settled("many", 20_000);
  });
  expect(host.monitors("many")).toHaveLength(6);
});

test("kill -9 of a conmon: its instance starts again and is heard, other services' traffic goes on; within 20 s", async () => {
  await expectSteady(async () => {
    const before = host.workers("many").map(({ pid }) => pid);
    await host.kill(host.monitors("many").slice(0, 1));
    await until(
      "another process",
      async () => host.workers("many").some(({ pid }) => !before.includes(pid)) || undefined,
    );
    await host.settled("many", 20_000);
  });
  expect(host.monitors("many")).toHaveLength(6);
});

test("kill -9 of the name server: another one answers, no instance and no connection is touched; within 10 s", async () => {
  await expectSteady(async () => {
    const before = host.nameServer();
    await host.kill(before);
    const ask = ["busybox", "nslookup", "steady.default.internal", "10.64.0.1"];
    await until(
      "an answer",
      async () => ((await host.machine.run(ask)).code === 0 ? true : undefined),
      10_000,
    );
    expect(host.nameServer().map(({ pid }) => pid)).not.toEqual(before.map(({ pid }) => pid));
    expect(host.nameServer()).toHaveLength(1);
  });
});

test("kill -9 of everything but the instances: an up starts each once, and takes over what runs; within 30 s", async () => {
  await expectSteady(async () => {
    await host.kill([...host.guard(), ...host.agent(), ...host.store(), ...host.nameServer()]);
    await host.up();
    await host.settled("many", 30_000);
  });
  await until("each once", async () => {
    const counts = [host.guard(), host.agent(), host.store(), host.nameServer()].map(({ length }) => length);
    return counts.join() === "1,1,1,1" ? true : undefined;
  });
});
