import {
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { connectKeyValues } from "../../agent/adapters/etcd/index.ts";
import { until } from "../control/until.ts";
import type { FaultHost } from "./host.ts";
import { owner } from "./service.ts";
import { expectNoneFailed, loadOn, useSteadyHost } from "./steady.ts";

let host: FaultHost;

useSteadyHost((started) => {
  host = started;
});

const put = (name: string, content: string) =>
  host.client.putDocument(
    { namespace: "default", plural: "configfiles", name },
    { owner, inputs: { content } },
    {},
  );
const contents = async () =>
  Object.fromEntries(
    (await host.client.listDocuments("configfiles")).map(({ name, inputs }) => [name, inputs.content]),
  );

/** Ends agent and store, changes the store's log ahead of writing, and lets the guard start an agent again. */
async function damageStore(change: (logAhead: string) => void): Promise<void> {
  const folder = join(host.paths.stateDir, "etcd", "member", "wal");
  await host.restartAgent(() => {
    const files = readdirSync(folder).filter((file) => file.endsWith(".wal"));
    change(join(folder, files.sort().at(-1) ?? ""));
  }, host.store());
}

/** etcd makes the file longer than what it has written to it. */
function writtenBytes(file: string): number {
  const bytes = readFileSync(file);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}

test("kill -9 of etcd again and again while four write: every acknowledged write is there, each writer goes on; within 20 s", async () => {
  const acknowledged: Record<string, string> = {};
  const end = performance.now() + 5_000;
  const writers = [0, 1, 2, 3].map(async (writer) => {
    for (let count = 0; performance.now() < end; count++) {
      await put(`w${writer}-${count}`, String(count)).then(
        () => (acknowledged[`w${writer}-${count}`] = String(count)),
        () => undefined,
      );
    }
  });
  for (let kills = 0; kills < 4; kills++) {
    await delay(1_000);
    await until("the store to run", async () => host.store().length === 1 || undefined);
    await host.kill(host.store());
  }
  await Promise.all(writers);
  expect(await contents()).toMatchObject(acknowledged);
  expect(Object.keys(acknowledged).length).toBeGreaterThan(20);
});

test("etcd's log cut off in its last entry: it goes on from the entry before, all earlier documents are there; within 20 s", async () => {
  await put("early", "kept");
  const [before, instances] = [await host.documents(), await host.settled("steady")];
  for (let count = 0; count < 5; count++) await put(`late-${count}`, "may be cut off");
  await damageStore((logAhead) => truncateSync(logAhead, writtenBytes(logAhead) - 100));
  expect(await host.settled("steady", 20_000)).toEqual(instances);
  expect(await host.documents()).toBe(before);
  expect(await contents()).toMatchObject({ early: "kept", "late-0": "may be cut off" });
  await put("after", "written");
});

test("etcd's log damaged in its middle: it is said with what to do, what runs is looked after, traffic goes on; within 30 s", async () => {
  const [before, instances] = [await host.documents(), await host.settled("steady")];
  const load = await loadOn(host, "steady");
  let damaged = "";
  await damageStore((logAhead) => {
    damaged = logAhead;
    copyFileSync(logAhead, `${logAhead}.good`);
    writeSync(
      openSync(logAhead, "r+"),
      Buffer.alloc(64, 0xaa),
      0,
      64,
      Math.floor(writtenBytes(logAhead) / 2),
    );
  });
  const agents = host.agent();
  const said = /the store does not answer: its files in .* are damaged .*; restore a backup/;
  await until("the reason", async () => {
    const reason = await host.client.listInstances().then(String, String);
    return said.test(reason) || undefined;
  });
  expect(host.said("are damaged")).not.toEqual([]);
  await expectNoneFailed(load);
  const [worker, other] = host.workers("steady");
  await host.kill(worker ? [worker] : []);
  await until("a worker in its place", async () => {
    const now = host.workers("steady").map(({ pid }) => pid);
    return (
      (now.length === 2 && now.includes(other?.pid ?? 0) && !now.includes(worker?.pid ?? 0)) || undefined
    );
  });
  expect(host.agent()[0]?.pid).toBe(agents[0]?.pid);

  await until("the store to be between two starts", async () => host.store().length === 0 || undefined);
  copyFileSync(`${damaged}.good`, damaged);
  const settled = await host.settled("steady", 30_000);
  expect(settled.map(({ id }) => id)).toEqual(instances.map(({ id }) => id));
  expect(await host.documents()).toBe(before);
});

test("etcd's log ahead of writing is gone: it is not started, it is said with what to do, traffic goes on, and it goes on by itself once the log is back; within 30 s", async () => {
  const [before, instances] = [await host.documents(), await host.settled("steady")];
  const load = await loadOn(host, "steady");
  const folder = join(host.paths.stateDir, "etcd", "member", "wal");
  await host.restartAgent(() => renameSync(folder, `${folder}.away`), host.store());
  const said =
    /the store does not answer: it cannot be started: its log in .* is gone.*restore a backup with/;
  await until("the reason", async () => {
    const { stdout } = await host.machine.run(["constellation-agent", "status"], { env: host.environment });
    return said.test(stdout) || undefined;
  });
  expect(existsSync(folder)).toBe(false);
  expect(host.store()).toEqual([]);

  renameSync(`${folder}.away`, folder);
  expect(await host.settled("steady", 30_000)).toEqual(instances);
  expect(await host.documents()).toBe(before);
  await expectNoneFailed(load);
});

test("a service's record in the store is junk: it is named, others are changed, what runs of it is left and goes on answering; within 30 s", async () => {
  const key = "desired/default/Service/steady";
  const etcd = connectKeyValues(
    `/proc/${host.machine.pid}/root${join(host.paths.runDir, "etcd", "client:0")}`,
  );
  const read = async () => (await etcd.range(key, { limit: 1 })).entries[0]?.value;
  const write = async (value: string) => {
    await etcd.commit({ compares: [], writes: [{ put: key, value }] });
  };
  const address = { namespace: "default", plural: "services", name: "steady" };
  const refused = { code: "unreadable", message: expect.stringContaining(key) };
  const instances = await host.settled("steady");
  const good = (await read()) ?? "";
  const load = await loadOn(host, "steady");

  await write('{"v":1,"kind":');
  await until("the junk to be named", async () => (await host.client.info()).unreadable?.includes(key));
  await host.restartAgent();
  expect((await host.client.info()).unreadable).toEqual([key]);
  await host.serve("other");
  await host.settled("other");
  await expect(host.client.getDocument(address)).rejects.toMatchObject(refused);
  const anew = { owner, inputs: { image: "steady:2" } };
  await expect(host.client.putDocument(address, anew, {})).rejects.toMatchObject(refused);
  await expect(host.client.deleteDocument(address)).rejects.toMatchObject(refused);
  const { stdout } = await host.machine.run(["constellation-agent", "status"], { env: host.environment });
  expect(stdout).toContain(key);
  expect(host.said("a record cannot be read")).not.toEqual([]);
  expect(await host.client.listInstances({ service: "steady" })).toEqual(instances);
  expect(await read()).toBe('{"v":1,"kind":');

  await write(good);
  etcd.close();
  await until("it to be read", async () => (await host.client.info()).unreadable === undefined || undefined);
  expect(await host.settled("steady", 30_000)).toEqual(instances);
  await expectNoneFailed(load);
});
