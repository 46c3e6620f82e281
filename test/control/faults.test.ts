import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Document } from "../../contract/index.ts";
import { pinnedTools } from "../../tools/lib/places.mjs";
import { imageDigest, startAgent, type TestAgent } from "./agent.ts";
import { until } from "./until.ts";

const owner = { engine: "cli", id: "tester" } as const;
const inputs = { image: "oci:web", imageDigest: imageDigest("a"), replicas: 2 };
const web = { namespace: "default", plural: "services", name: "web" };

let agent: TestAgent;
beforeEach(async () => {
  agent = await startAgent();
  const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
  await agent.client.putCluster({ owner, name: "home", network });
});
afterEach(() => agent.close());

const healthy = (count: number, revision?: number) =>
  until(`${count} healthy`, async (): Promise<Document | undefined> => {
    const document = await agent.client.getDocument(web);
    const good = document?.status?.instances.filter(
      (one) => one.healthy && (revision === undefined || one.revision === revision),
    );
    return good?.length === count ? document : undefined;
  });

test("kill -9 of etcd: nothing acknowledged is lost, and a write meanwhile waits and succeeds; within 10 s", async () => {
  const before = await agent.client.putDocument(web, { owner, inputs }, {});
  await healthy(2);
  const pid = agent.etcdPid();
  process.kill(pid, "SIGKILL");
  const after = await agent.client.putDocument(
    web,
    { owner, inputs: { ...inputs, replicas: 3 } },
    { ifMatch: before.etag },
  );
  expect(after.revision).toBe(2);
  await healthy(3);
  expect(agent.etcdPid()).not.toBe(pid);
}, 60_000);

test("a restart of the agent: the same store process, documents and instances, no new placement; within 20 s", async () => {
  await agent.client.putDocument(web, { owner, inputs }, {});
  const before = await healthy(2);
  const pid = agent.etcdPid();
  await agent.restart();
  const after = await healthy(2);
  expect(agent.etcdPid()).toBe(pid);
  expect({ ...after, status: undefined }).toEqual({ ...before, status: undefined });
  expect(after.status?.instances.map(({ id }) => id)).toEqual(before.status?.instances.map(({ id }) => id));
}, 60_000);

test("a revision that never gets healthy: the old one serves on, and the next revision takes its place; within 20 s", async () => {
  await agent.client.putDocument(web, { owner, inputs }, {});
  await healthy(2, 1);
  agent.host.healthy = ({ revision }) => revision !== 2;
  await agent.client.putDocument(web, { owner, inputs: { ...inputs, env: { BROKEN: "1" } } }, {});
  await until("the surge is placed", async () =>
    (await agent.client.listInstances()).some(({ revision }) => revision === 2) ? true : undefined,
  );
  const during = await healthy(2, 1);
  expect(during.status?.instances).toHaveLength(3);
  await until("the healthy two are the endpoints", async () =>
    agent.host.assignment()?.services[0]?.endpoints.length === 2 ? true : undefined,
  );
  await agent.client.putDocument(web, { owner, inputs: { ...inputs, env: { FIXED: "1" } } }, {});
  await healthy(2, 3);
  await until("others are gone", async () =>
    (await agent.client.listInstances()).length === 2 ? true : undefined,
  );
}, 60_000);

test("a cursor that was compacted away: it is answered 410, and a new stream starts; at once", async () => {
  await agent.client.putDocument(web, { owner, inputs }, {});
  const { etag } = await healthy(2);
  const endpoint = `unix://${join(agent.stateDir, "../run/etcd/client:0")}`;
  execFileSync(join(pinnedTools, "etcdctl"), ["--endpoints", endpoint, "compact", etag]);
  const old = agent.client.events({ after: "1", follow: false }, AbortSignal.timeout(10_000));
  await expect(old[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "compacted" });
  const fresh = agent.client.events({ tail: 1, follow: false }, AbortSignal.timeout(10_000));
  expect((await fresh[Symbol.asyncIterator]().next()).done).toBe(false);
}, 60_000);
