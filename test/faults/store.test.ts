import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { type FaultHost, owner, startFaultHost } from "./host.ts";

let host: FaultHost;

beforeAll(async () => {
  host = await startFaultHost();
  await host.serve("steady", { replicas: 2 });
  await host.settled("steady");
});
afterAll(async () => await host?.[Symbol.asyncDispose]());

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
