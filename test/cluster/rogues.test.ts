import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { giveId, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster(2);
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

test("a machine without a good token, or that is a copy of another one, is refused with the reason", async () => {
  const stranger = await cluster.lab.add();
  await giveId(stranger);
  const join = async (token: string) =>
    await cluster.tryAgent(stranger, ["join", "--server", cluster.server.address], token);
  const good = await cluster.token("host3");
  const [prefix, id, secret, fingerprint = ""] = good.split(".");
  const refused = async (token: string, reason: RegExp) => {
    const { code, said } = await join(token);
    expect(said).toMatch(reason);
    expect(code).not.toBe(0);
    expect(said).not.toContain(secret);
  };
  await refused("hunter2", /it is none, or cut short/);
  await refused([prefix, id, "x".repeat(32), fingerprint].join("."), /no such token/);
  await refused([prefix, id, secret, "0".repeat(64)].join("."), /its CA is another one than the token names/);
  const [worker] = cluster.workers;
  await giveId(stranger, `${worker?.number}`.padStart(32, "0"));
  await refused(good, /this machine is host2 already, by its machine id/);
  await giveId(stranger);
  expect(await cluster.agent(stranger, ["join", "--server", cluster.server.address], good)).toMatch("host3");
  await cluster.isState(stranger, "ready");
  const late = await cluster.lab.add();
  await giveId(late);
  const spent = await cluster.tryAgent(late, ["join", "--server", cluster.server.address], good);
  expect(spent.said).toMatch(/the token was spent/);
  expect(spent.said).not.toContain(secret);
});

test("a host that leaves is none any more, and its token goes with it", async () => {
  const [worker] = cluster.workers;
  if (worker === undefined) throw new Error("there is no worker");
  await cluster.agent(worker, ["down"]);
  expect((await cluster.client.listHosts()).map(({ name }) => name)).not.toContain(worker.hostname);
  const token = await cluster.token(worker.hostname);
  await cluster.agent(worker, ["join", "--server", cluster.server.address], token);
  await cluster.isState(worker, "ready");
  await cluster.agent(worker, ["down"]);
  const again = await cluster.tryAgent(worker, ["join", "--server", cluster.server.address], token);
  expect(again.said).toMatch(/no such token/);
});
