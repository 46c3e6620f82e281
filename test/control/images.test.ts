import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { ConstellationError } from "../../contract/index.ts";
import { imageDigest, startAgent, type TestAgent } from "./agent.ts";
import { until } from "./until.ts";

const owner = { engine: "cli", id: "tester" } as const;
const network = { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4", domain: "internal" };
const image = "registry.example:5000/app:1";
const silent = new ConstellationError("image-unreachable", `find image ${image}: no answer; try again`);
const denied = new ConstellationError("image-denied", `find image ${image}: denied; give imageCredentials`);

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent();
  await agent.client.putCluster({ owner, name: "home", network });
});
afterAll(() => agent.close());
beforeEach(() => {
  agent.registry.answers.clear();
  agent.registry.answers.set(image, imageDigest("a"));
  agent.registry.asked.length = 0;
});

const put = (name: string, inputs: object = {}, options: { dryRun?: boolean } = {}) =>
  agent.client.putDocument(
    { namespace: "shop", plural: "services", name },
    { owner, inputs: { image, ...inputs } },
    options,
  );

/** The digest that the host is told to run. */
const assigned = (name: string, digest: string) =>
  until(`${name} runs ${digest}`, async () => {
    const { placements = [], specs = {} } = agent.host.assignment() ?? {};
    const newest = placements.filter(({ service, want }) => service === name && want === "run").at(-1);
    return newest && specs[newest.specKey]?.imageDigest === digest ? specs[newest.specKey] : undefined;
  });

test("a tag is resolved once a revision: a scale asks nobody, another workload asks again", async () => {
  expect(await put("web")).toMatchObject({ outputs: { imageDigest: imageDigest("a") } });
  await assigned("web", imageDigest("a"));
  agent.registry.answers.set(image, imageDigest("c"));
  for (const more of [{}, { replicas: 2 }, { replicas: 2, update: { maxSurge: 2 } }])
    expect((await put("web", more)).outputs.imageDigest).toBe(imageDigest("a"));
  expect(agent.registry.asked).toHaveLength(1);

  const changed = await put("web", { replicas: 2, env: { A: "1" } });
  expect(changed.outputs.imageDigest).toBe(imageDigest("c"));
  await assigned("web", imageDigest("c"));
  expect(agent.registry.asked).toHaveLength(2);
});

test("a wrong tag is refused before anything is touched, also in a preview", async () => {
  agent.registry.answers.delete(image);
  const refusal = {
    code: "invalid",
    message: `create service shop/wrong: image find image ${image}: no such tag; check it`,
    violations: [{ path: "image", reason: expect.stringContaining("no such tag") }],
  };
  await expect(put("wrong", {}, { dryRun: true })).rejects.toMatchObject(refusal);
  await expect(put("wrong")).rejects.toMatchObject(refusal);
});

test("a registry that does not answer: a preview goes on and says so, a write is refused", async () => {
  const other = "registry.example:5000/other:1";
  agent.registry.answers.set(other, silent);
  const dry = await put("quiet", { image: other }, { dryRun: true });
  expect(dry.outputs).not.toHaveProperty("imageDigest");
  expect(dry.warnings).toEqual([`image not checked: ${silent.message}`]);
  await expect(put("quiet", { image: other })).rejects.toMatchObject({
    code: "image-unreachable",
    message: `create service shop/quiet: ${silent.message}`,
  });
});

test("a registry that does not answer: what was resolved before and is stored here runs, and a warning says so", async () => {
  await put("before");
  agent.registry.answers.set(image, silent);
  const again = await put("again");
  expect(again).toMatchObject({
    outputs: { imageDigest: imageDigest("a") },
    warnings: [`image: ${silent.message}; using what ${image} named before, ${imageDigest("a")}`],
  });
  expect((await put("always", { pullPolicy: "always" }).catch((error) => error)).code).toBe(
    "image-unreachable",
  );
});

test("pullPolicy never asks nobody, and runs what is stored here alone", async () => {
  await put("before");
  agent.registry.asked.length = 0;
  const never = { pullPolicy: "never" };
  expect((await put("never", never)).outputs.imageDigest).toBe(imageDigest("a"));
  expect((await put("pinned", { ...never, imageDigest: imageDigest("b") })).outputs.imageDigest).toBe(
    imageDigest("b"),
  );
  const reasonOf = async (inputs: object) =>
    (await put("stranger", { ...never, ...inputs }).catch((error) => error)).violations;
  expect(await reasonOf({ image: "registry.example:5000/new:1" })).toEqual([
    {
      path: "image",
      reason:
        "registry.example:5000/new:1 was not resolved here before, and pullPolicy is never; run it once with pullPolicy missing, or pin an imageDigest that is here",
    },
  ]);
  expect(await reasonOf({ imageDigest: imageDigest("f") })).toEqual([
    { path: "image", reason: expect.stringContaining(`${imageDigest("f")} is not stored here`) },
  ]);
  expect(agent.registry.asked).toEqual([]);
});

test("pullPolicy always asks at each write; a moved tag is a new revision", async () => {
  await put("moving", { pullPolicy: "always" });
  agent.registry.answers.set(image, imageDigest("b"));
  expect((await put("moving", { pullPolicy: "always" })).outputs.imageDigest).toBe(imageDigest("b"));
  await assigned("moving", imageDigest("b"));
});

test("credentials come from a Secret with both values, go with the question and to the host alone", async () => {
  const secret = (values: object) =>
    agent.client.putDocument(
      { namespace: "shop", plural: "secrets", name: "registry" },
      { owner, inputs: { values } },
      {},
    );
  const inputs = { imageCredentials: [{ registry: "registry.example:5000", secret: "registry" }] };
  await expect(put("private", inputs)).rejects.toMatchObject({
    violations: [
      { path: "imageCredentials[0].secret", reason: expect.stringContaining("no Secret registry") },
    ],
  });
  expect((await put("private", inputs, { dryRun: true })).warnings).toEqual([
    expect.stringContaining("image not checked"),
  ]);
  await secret({ username: { $secret: { value: "ann" } } });
  await expect(put("private", inputs)).rejects.toMatchObject({
    violations: [
      {
        path: "imageCredentials[0].secret",
        reason: "Secret registry has no password in its values; give it both",
      },
    ],
  });
  await secret({ username: { $secret: { value: "ann" } }, password: { $secret: { value: "pa55word" } } });
  const created = await put("private", inputs);
  expect(agent.registry.asked.at(-1)?.access).toEqual({
    registries: {},
    credentials: { "registry.example:5000": { username: "ann", password: "pa55word" } },
  });
  expect(JSON.stringify(created)).not.toContain("pa55word");
  await assigned("private", imageDigest("a"));
  expect(agent.host.assignment()?.secrets["shop/registry"]).toMatchObject({
    values: { password: "pa55word" },
  });

  const { status } =
    (await agent.client.getDocument({ namespace: "shop", plural: "services", name: "private" })) ?? {};
  await secret({ username: { $secret: { value: "ann" } }, password: { $secret: { value: "other" } } });
  await until("the host has the new password", async () =>
    JSON.stringify(agent.host.assignment()?.secrets["shop/registry"]).includes("other") ? true : undefined,
  );
  const after = await agent.client.getDocument({ namespace: "shop", plural: "services", name: "private" });
  expect(after?.status?.specRevision).toBe(status?.specRevision);

  // A preview sees the Secret as it is before its run, which may be about to correct it.
  agent.registry.answers.set(image, denied);
  const dry = await put("private", { ...inputs, env: { A: "1" } }, { dryRun: true });
  expect(dry.warnings).toEqual([`image not checked: ${denied.message}`]);
  await expect(put("private", { ...inputs, env: { A: "1" } })).rejects.toMatchObject({ code: "invalid" });
  await expect(put("public", { env: { A: "1" } }, { dryRun: true })).rejects.toMatchObject({
    code: "invalid",
  });
});

test("the cluster's registries change in place, and its owner may ask what a tag names", async () => {
  const registries = { "registry.example:5000": { plainHttp: true, mirrors: ["mirror.example"] } };
  const changed = await agent.client.putCluster({ owner, name: "home", network, registries });
  expect(changed.registries).toEqual(registries);
  expect(await agent.client.resolveImage({ namespace: "shop", image })).toBe(imageDigest("a"));
  expect(agent.registry.asked.at(-1)?.access.registries).toEqual(registries);
  await until("the host knows", async () =>
    agent.host.assignment()?.registries["registry.example:5000"] ? true : undefined,
  );
  await expect(agent.client.resolveImage({ namespace: "shop", image: "oci:web" })).rejects.toMatchObject({
    code: "invalid",
  });
  await expect(agent.client.resolveImage({ namespace: "shop", image: `${image}0` })).rejects.toMatchObject({
    code: "image-missing",
  });
  expect((await agent.client.putCluster({ owner, name: "home", network })).registries).toBeUndefined();
});
