import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type FaultHost, startFaultHost } from "./host.ts";
import { reboot, runInMemory } from "./reboot.ts";

let host: FaultHost;

beforeAll(async () => {
  host = await startFaultHost(runInMemory);
  await host.serve("one", { replicas: 2 });
  await host.serve("two", { ports: [{ port: 8000, publish: 8088 }] });
  await host.settled("one");
  await host.settled("two");
});
afterAll(async () => await host?.[Symbol.asyncDispose]());

test("a reboot: every service is back once, in its slots, with its addresses, and nothing of before is believed; within 30 s", async () => {
  const known = async () =>
    [...(await host.settled("one", 30_000)), ...(await host.settled("two", 30_000))].map(
      ({ id, name, address, revision }) => ({ id, name, address, revision }),
    );
  const [before, documents] = [await known(), await host.documents()];
  await reboot(host.machine, host.paths);
  await host.up();
  expect(await known()).toEqual(before);
  expect(await host.documents()).toBe(documents);
  expect(await host.machine.output(["wget", "-qO-", "http://127.0.0.1:8088/hostname"])).toContain("two-0");
  expect([host.guard().length, host.agent().length, host.store().length, host.nameServer().length]).toEqual([
    1, 1, 1, 1,
  ]);
});

test("a reboot of a machine that got another name, and whose host-name is junk: it is the same host; within 30 s", async () => {
  const known = async () =>
    (await host.settled("one", 30_000)).map(({ id, address, host: name }) => ({ id, address, name }));
  const before = await known();
  await reboot(host.machine, host.paths);
  writeFileSync(join(host.paths.stateDir, "host-name"), randomBytes(300));
  await host.machine.output(["hostname", "renamed"]);
  await host.up();
  expect(await known()).toEqual(before);
  expect(host.said("host-name.unreadable")).not.toEqual([]);
});

test("a reboot after a service was deleted and another changed unseen: neither comes back as it was; within 30 s", async () => {
  await host.client.deleteDocument({ namespace: "default", plural: "services", name: "two" });
  const { revision } = await host.serve("one", { replicas: 3, env: { COLOUR: "green" } });
  await reboot(host.machine, host.paths);
  await host.up();
  expect(await host.settled("one", 30_000)).toHaveLength(3);
  expect(revision).toBe(2);
  expect(await host.client.listInstances({ service: "two" })).toEqual([]);
  expect(host.workers("two")).toEqual([]);
});
