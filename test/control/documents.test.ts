import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Document, DocumentWrite } from "../../contract/index.ts";
import { imageDigest, startAgent, type TestAgent } from "./agent.ts";
import { until } from "./until.ts";

const owner = { engine: "cli", id: "tester" } as const;
const web = { namespace: "shop", plural: "services", name: "web" };
const write = (inputs: Record<string, unknown> = {}): DocumentWrite => ({
  owner,
  inputs: { image: "oci:web", imageDigest: imageDigest("a"), ...inputs },
});

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent();
});
afterAll(() => agent.close());

/** The service once its newest revision is what all of its instances run, and all are healthy. */
async function settled(name: string): Promise<Document> {
  return until(`${name} settles`, async () => {
    const document = await agent.client.getDocument({ ...web, name });
    const status = document?.status;
    if (!document || !status || status.observedRevision !== document.revision) return undefined;
    const good = status.instances.filter(
      ({ healthy, revision }) => healthy && revision === status.specRevision,
    );
    return good.length === status.wanted && status.instances.length === status.wanted ? document : undefined;
  });
}

describe("documents", () => {
  test("nothing is served before a cluster is founded, and founding may be repeated by its owner alone", async () => {
    await expect(agent.client.listDocuments("services")).rejects.toMatchObject({ code: "no-cluster" });
    const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
    const founded = await agent.client.putCluster({ owner, name: "home", network });
    expect(await agent.client.putCluster({ owner, name: "home", network })).toEqual(founded);
    await expect(
      agent.client.putCluster({ owner: { ...owner, id: "other" }, name: "home", network }),
    ).rejects.toMatchObject({
      code: "owned",
    });
    expect(await agent.client.info()).toMatchObject({ clusterId: founded.id, host: "vm" });
  });

  test("a service is created, runs, is updated in place and deleted", async () => {
    const created = await agent.client.putDocument(web, write({ replicas: 2 }), {});
    expect(created).toMatchObject({
      revision: 1,
      outputs: { address: "240.0.0.1", dnsName: "web.shop.internal", endpoints: [] },
    });
    const first = await settled("web");
    expect(first.status?.instances.map(({ name }) => name)).toEqual(["web-0", "web-1"]);
    await until("both are endpoints", async () =>
      agent.host.assignment()?.services[0]?.endpoints.length === 2 ? true : undefined,
    );

    const ids = first.status?.instances.map(({ id }) => id);
    const scaled = await agent.client.putDocument(web, write({ replicas: 3 }), { ifMatch: created.etag });
    expect(scaled.revision).toBe(2);
    // Placed in the same transaction, once it is settled who leads; where the answer is slow, they run by then.
    expect(scaled.status?.instances.map(({ name }) => name)).toEqual(["web-0", "web-1", "web-2"]);
    const larger = await settled("web");
    expect(larger.status?.specRevision).toBe(1);
    expect(larger.status?.instances.map(({ id }) => id)).toEqual(expect.arrayContaining(ids ?? []));

    await agent.client.putDocument(web, write({ replicas: 3, env: { A: "1" } }), { ifMatch: scaled.etag });
    const replaced = await settled("web");
    expect(replaced.status?.specRevision).toBe(2);
    expect(replaced.status?.instances.every(({ id }) => !ids?.includes(id))).toBe(true);
    expect(replaced.outputs).toEqual(created.outputs);

    await agent.client.deleteDocument(web, {});
    await agent.client.deleteDocument(web, {});
    await until("instances are gone, for the API and for the host", async () =>
      (await agent.client.listInstances()).length === 0 && agent.host.assignment()?.placements.length === 0
        ? true
        : undefined,
    );
  });

  test("a change of the update policy alone replaces nothing, and counts from then on", async () => {
    const patient = { ...web, name: "patient" };
    await agent.client.putDocument(patient, write(), {});
    const before = await settled("patient");
    await agent.client.putDocument(patient, write({ update: { minHealthyTime: "7s" } }), {});
    const after = await settled("patient");
    expect(after.status?.instances.map(({ id }) => id)).toEqual(before.status?.instances.map(({ id }) => id));
    await until("the host is told", async () => {
      const spec = agent.host.assignment()?.specs[`${after.uid}/${after.status?.specRevision}`];
      return spec?.minHealthyTimeMs === 7_000 ? true : undefined;
    });
    await agent.client.deleteDocument(patient);
  });

  test.each([
    [
      "services",
      { image: "oci:web", imageDigest: imageDigest("a") },
      { image: "oci:mine", imageDigest: imageDigest("b") },
    ],
    ["secrets", { value: { $secret: { value: "theirs" } } }, { value: { $secret: { value: "mine" } } }],
    ["configfiles", { content: "theirs" }, { content: "mine" }],
  ])(
    "%s of another owner are neither taken over nor changed, and a field unknown to the agent is named",
    async (plural, theirs, mine) => {
      const address = { namespace: "default", plural, name: "theirs" };
      const created = await agent.client.putDocument(address, { owner, inputs: theirs }, {});
      const stranger = { ...owner, id: "stranger" };
      for (const dryRun of [true, false]) {
        await expect(
          agent.client.putDocument(address, { owner: stranger, inputs: mine }, { dryRun }),
        ).rejects.toMatchObject({ code: "owned", message: expect.stringContaining("created by cli tester") });
      }
      expect(await agent.client.getDocument(address)).toMatchObject({ owner, etag: created.etag });
      await expect(
        agent.client.putDocument(address, { owner, inputs: { ...theirs, colour: "red" } }, {}),
      ).rejects.toMatchObject({ code: "invalid", violations: [{ path: "colour", reason: "no such field" }] });
      await agent.client.deleteDocument(address, { ifMatch: created.etag });
    },
  );

  test("a retried create continues, another owner is refused, a stale etag conflicts", async () => {
    const address = { ...web, name: "owned" };
    const created = await agent.client.putDocument(address, write(), {});
    expect(await agent.client.putDocument(address, write(), {})).toMatchObject({
      uid: created.uid,
      etag: created.etag,
    });
    const edited = await agent.client.putDocument(address, write({ replicas: 2 }), {});
    expect(edited).toMatchObject({ uid: created.uid, revision: 2 });
    await expect(
      agent.client.putDocument(address, { ...write(), owner: { ...owner, id: "other" } }, {}),
    ).rejects.toMatchObject({
      code: "owned",
      message: expect.stringMatching(
        /owned exists, created by cli tester on .*; import it or choose another name/,
      ),
    });
    await expect(
      agent.client.putDocument(address, write({ replicas: 4 }), { ifMatch: created.etag }),
    ).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(agent.client.deleteDocument(address, { ifMatch: created.etag })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("every mistake is told at once, with its path, and nothing is written", async () => {
    const address = { ...web, name: "wrong" };
    const mistakes = {
      replicas: -1,
      imag: "x",
      stopGracePeriod: "soon",
      ports: [{ port: 0 }],
      env: { A: 1 },
    };
    const refusal = expect(agent.client.putDocument(address, write(mistakes), { dryRun: true })).rejects;
    await refusal.toMatchObject({ code: "invalid" });
    const error = await agent.client
      .putDocument(address, write(mistakes), {})
      .catch((caught: unknown) => caught);
    const paths = (error as { violations: { path: string }[] }).violations.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(["replicas", "imag", "stopGracePeriod", "ports[0].port", "env.A"]),
    );
    expect(await agent.client.getDocument(address)).toBeUndefined();
    await expect(agent.client.listDocuments("service")).rejects.toMatchObject({
      code: "unknown-kind",
      message: expect.stringContaining("services"),
    });
  });

  test("a dry run answers what would be, and writes nothing", async () => {
    const address = { ...web, name: "dry" };
    const dry = await agent.client.putDocument(address, write({ imageDigest: imageDigest("f") }), {
      dryRun: true,
    });
    expect(dry).toMatchObject({
      revision: 1,
      outputs: { dnsName: "dry.shop.internal", imageDigest: imageDigest("f") },
    });
    expect(dry.outputs).not.toHaveProperty("address");
    expect(await agent.client.getDocument(address)).toBeUndefined();
  });

  test("a name is refused that leaves no room for its slots' numbers", async () => {
    const long = { ...web, name: "x".repeat(61) };
    await agent.client.putDocument(long, write(), { dryRun: true });
    const many = agent.client.putDocument(long, write({ replicas: 11 }), { dryRun: true });
    await expect(many).rejects.toMatchObject({
      code: "invalid",
      violations: [{ path: "name", reason: expect.stringMatching(/at most 60$/) }],
    });
  });

  test("an image that is not here, and more memory than there is are refused", async () => {
    const address = { ...web, name: "unfit" };
    const put = (inputs: Record<string, unknown>) => agent.client.putDocument(address, write(inputs), {});
    await expect(put({ imageDigest: imageDigest("f") })).rejects.toMatchObject({ code: "image-missing" });
    await expect(put({ resources: { memory: "64Gi" } })).rejects.toMatchObject({
      code: "unplaceable",
      message: expect.stringMatching(
        /place shop\/unfit: 1 host: vm lacks 64Gi of memory \([\d.]+Gi free\); lower resources.memory/,
      ),
    });
    await expect(put({ resources: { memory: "1Gi" }, replicas: 20 })).rejects.toMatchObject({
      code: "unplaceable",
    });
    await expect(put({ ulimits: { nofile: { soft: 1, hard: 1_000_000 } } })).rejects.toMatchObject({
      code: "unplaceable",
    });
    await expect(put({ security: { capabilities: { add: ["SYS_RESOURCE"] } } })).rejects.toMatchObject({
      code: "unplaceable",
      message: expect.stringContaining("vm has no capability SYS_RESOURCE to give"),
    });
  });

  test("published ports: free ones are kept, taken ones name the holder", async () => {
    const ports = (publish: number) => ({ ports: [{ port: 80, publish }] });
    const one = await agent.client.putDocument({ ...web, name: "one" }, write(ports(0)), {});
    const [endpoint] = one.outputs.endpoints as { port: number }[];
    expect(endpoint?.port).toBeGreaterThanOrEqual(30_000);
    const again = await agent.client.putDocument(
      { ...web, name: "one" },
      write({ ...ports(0), replicas: 2 }),
      {},
    );
    expect(again.outputs.endpoints).toEqual(one.outputs.endpoints);
    await expect(
      agent.client.putDocument({ ...web, name: "two" }, write(ports(endpoint?.port ?? 0)), {}),
    ).rejects.toMatchObject({ code: "taken", message: expect.stringContaining("service shop/one") });
  });
});

describe("secrets", () => {
  const password = "correct horse battery staple";
  const secret = { namespace: "shop", plural: "secrets", name: "password" };
  const use = { secrets: [{ secret: "password", env: "PASSWORD" }] };

  test("are sealed in the store, digests in answers, plain for the host that runs their users", async () => {
    await expect(agent.client.putDocument({ ...web, name: "user" }, write(use), {})).rejects.toMatchObject({
      violations: [{ path: "secrets[0].secret", reason: expect.stringContaining("password") }],
    });
    const stored = await agent.client.putDocument(
      secret,
      { owner, inputs: { value: { $secret: { value: password } } } },
      {},
    );
    const [digest] = await agent.client.secretDigests([password]);
    expect(stored.inputs.value).toEqual({ $secret: { digest } });
    await agent.client.putDocument(
      { ...web, name: "user" },
      write({ ...use, env: { TOKEN: { $secret: { value: password } } } }),
      {},
    );
    await settled("user");
    expect(agent.host.assignment()?.secrets["shop/password"]).toEqual({ value: password });
    expect(
      Object.values(agent.host.assignment()?.specs ?? {}).some(
        ({ inputs }) => (inputs.env as { TOKEN?: string })?.TOKEN === password,
      ),
    ).toBe(true);
    // grep ends with 1 where nothing matches.
    expect(() => execFileSync("grep", ["-rq", password, join(agent.stateDir, "etcd")])).toThrow();
  });

  test("a digest stands for the stored value, and an unchanged one changes nothing", async () => {
    const before = await agent.client.getDocument(secret);
    const [digest] = await agent.client.secretDigests([password]);
    const same = await agent.client.putDocument(
      secret,
      { owner, inputs: { value: { $secret: { digest: digest ?? "" } } } },
      { ifMatch: before?.etag ?? "" },
    );
    expect(same.etag).toBe(before?.etag);
    await expect(
      agent.client.putDocument(
        secret,
        { owner, inputs: { value: { $secret: { digest: "unknown" } } } },
        { ifMatch: same.etag },
      ),
    ).rejects.toMatchObject({ code: "invalid" });
  });

  test("a new value replaces the instances that use it", async () => {
    const before = await settled("user");
    await agent.client.putDocument(secret, { owner, inputs: { value: { $secret: { value: "new" } } } }, {});
    await until("the user is replaced", async () => {
      const now = await settled("user");
      return now.status?.specRevision === (before.status?.specRevision ?? 0) + 1 ? now : undefined;
    });
    expect(agent.host.assignment()?.secrets["shop/password"]).toEqual({ value: "new" });
  });
});
