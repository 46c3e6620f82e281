import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { publish, type RegistryServer, startRegistry } from "../registry/index.ts";
import { type Stack, startStack } from "./stack.ts";
import { web } from "./web.ts";

let stack: Stack & AsyncDisposable;
let registry: RegistryServer;
let first: string;
const image = "localhost:5000/team/app:1";

beforeAll(async () => {
  stack = await startStack("tags");
  registry = await startRegistry(stack.machine, { port: 5000 });
  first = await publish(registry, "team/app", "1");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const registries = { "localhost:5000": { plainHttp: true } };
const write = (service: object, cluster: object = { registries }) =>
  stack.write({
    resources: {
      local: { type: "constellation:Cluster", properties: { ...cluster } },
      web: web({ image, ...service }),
    },
    outputs: { digest: "${web.imageDigest}" },
  });
const instances = async (): Promise<Instance[]> => await stack.client().listInstances({ service: "web" });
const ids = async () => (await instances()).map(({ id }) => id).sort();
/** What a step costs the registry. */
const asked = async (step: () => Promise<unknown>) => {
  const before = (await registry.requests()).length;
  await step();
  return (await registry.requests()).slice(before);
};

describe("a tag in a registry", () => {
  test("is refused over plain HTTP that nobody asked for; a preview only says that it could not look", async () => {
    await write({}, {});
    await stack.up().catch(() => undefined); // The cluster stands; the service does not.
    const problem =
      "find image localhost:5000/team/app:1: localhost:5000: does not speak TLS; ask for plain HTTP if that is meant";
    const preview = await stack.pulumi("preview");
    expect(preview.code).toBe(0);
    expect(preview.stdout).toContain(`image not checked: ${problem}`);
    expect(await stack.failingUp()).toContain(`create service default/web: ${problem}`);
    expect(await instances()).toEqual([]);
  });

  test("is resolved once: the up runs what it names, and a second one asks nobody", async () => {
    await write({});
    expect(await stack.preview()).toMatchObject([
      { op: "update", diff: { registries: "add" } },
      { op: "create" },
    ]);
    await stack.up();
    expect(await stack.outputs()).toEqual({ digest: first });
    expect(await instances()).toMatchObject([{ state: "running", healthy: true, image }]);
    const before = await ids();
    const requests = await asked(async () => {
      expect(await stack.preview()).toEqual([]);
      expect(await stack.appliedSteps()).toEqual([]);
      expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
    });
    expect(requests).toEqual([]);
    expect(await ids()).toEqual(before);
  });

  test("that does not exist is refused before anything is touched, also in a preview", async () => {
    const before = await ids();
    await write({ image: "localhost:5000/team/app:2" });
    for (const preview of [true, false]) {
      const said = await stack.failingUp({ preview });
      expect(said).toContain(
        "update service default/web: image find image localhost:5000/team/app:2: localhost:5000: not found (404 Not Found, MANIFEST_UNKNOWN); check the name",
      );
    }
    expect(await ids()).toEqual(before);
  });

  test("that moved changes nothing with pullPolicy missing: not by an up or a scale; a new revision asks again", async () => {
    const second = await publish(registry, "team/app", "1", { build: "2" });
    expect(second).not.toBe(first);
    await write({});
    expect(await stack.preview()).toEqual([]);
    await write({ replicas: 2 });
    expect(await asked(() => stack.up())).toEqual([]);
    expect(await stack.outputs()).toEqual({ digest: first });
    expect(await instances()).toMatchObject([{ healthy: true }, { healthy: true }]);

    await write({ replicas: 2, env: { COLOUR: "green" } });
    expect((await stack.pulumi("preview")).stdout).toContain(second);
    await stack.up();
    expect(await stack.outputs()).toEqual({ digest: second });
  });

  test("that moved is a visible change with pullPolicy always", async () => {
    await write({ replicas: 2, env: { COLOUR: "green" }, pullPolicy: "always" });
    const before = await ids();
    expect(await stack.preview()).toMatchObject([
      { op: "update", diff: { pullPolicy: "update", imageDigest: "add" } },
    ]);
    await stack.up();
    expect(await ids()).toEqual(before); // The same digest by another way.
    expect(await stack.preview()).toEqual([]);

    const third = await publish(registry, "team/app", "1", { build: "3" });
    const previewed = await stack.preview();
    expect(previewed).toMatchObject([{ op: "update", diff: { imageDigest: "update" } }]);
    expect(await stack.appliedSteps()).toEqual(previewed);
    expect(await stack.outputs()).toEqual({ digest: third });
    expect(await stack.preview()).toEqual([]);
  });

  test("a registry that is down: what runs stays, a scale and a restart of the agent work, an up says what it did not check", async () => {
    await registry.stop();
    const before = await ids();
    await write({ replicas: 3, env: { COLOUR: "green" }, pullPolicy: "always" });
    const { stdout } = await stack.up();
    expect(stdout).toMatch(/image not checked: find image localhost:5000\/team\/app:1: .*; keeping sha256:/);
    expect(await ids()).toEqual(expect.arrayContaining(before));
    expect(await instances()).toHaveLength(3);

    const { pid } = await stack.client().info();
    await stack.run(["kill", "-KILL", String(pid)]);
    await write({ replicas: 4, env: { COLOUR: "green" }, pullPolicy: "missing" });
    const up = await stack.up();
    expect(up.stdout).toMatch(
      /image: find image .*; using what localhost:5000\/team\/app:1 named before, sha256:/,
    );
    expect(await ids()).toEqual(expect.arrayContaining(before));
    expect(await instances()).toHaveLength(4);
    await registry.start();
    expect(await stack.preview()).toEqual([]);
  });

  test("pullPolicy never runs what is here and refuses what is not", async () => {
    await registry.stop();
    await write({ replicas: 1, pullPolicy: "never" });
    await stack.up();
    await write({ replicas: 1, pullPolicy: "never", image: "localhost:5000/team/app:9" });
    expect(await stack.failingUp({ preview: true })).toContain(
      "image localhost:5000/team/app:9 was not resolved here before, and pullPolicy is never",
    );
    await registry.start();
  });

  test("a service of a registry's image can be imported", async () => {
    await write({ replicas: 1, pullPolicy: "never" });
    await stack.up();
    expect(
      (
        await stack.pulumi(
          "state",
          "delete",
          "--yes",
          "urn:pulumi:test::tags::constellation:index:Service::web",
        )
      ).code,
    ).toBe(0);
    const { code, stdout } = await stack.pulumi(
      ...[
        "import",
        "constellation:index:Service",
        "web",
        "web",
        "--yes",
        "--protect=false",
        "--skip-preview",
      ],
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining(image)]);
    await stack.up();
    expect(await stack.preview()).toEqual([]);
  });
});
