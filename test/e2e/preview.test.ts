import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Document } from "../../contract/index.ts";
import { addStack, type Program, type ResourceSpec, type Stack, startStack } from "./stack.ts";
import type { Step } from "./steps.ts";
import { local, script, web } from "./web.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("show");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const instancesOf = async (service: string) => await stack.client().listInstances({ service });
const documentOf = async (name: string, namespace = "default") =>
  await stack.client().getDocument({ namespace, plural: "services", name });
const write = (resources: Record<string, ResourceSpec>, more: Partial<Program> = {}) =>
  stack.write({ resources: { local, ...resources }, ...more });
const nameOf = ({ urn }: Step) => urn.split("::").at(-1);
const opsOf = (steps: readonly Step[]) => Object.fromEntries(steps.map((step) => [nameOf(step), step.op]));

/** An `up` takes the very steps that its preview named; then another one has nothing to do. */
async function expectUpAsPreviewed(): Promise<Step[]> {
  const previewed = await stack.preview();
  expect(await stack.appliedSteps()).toEqual(previewed);
  expect(await stack.preview()).toEqual([]);
  return previewed;
}

/** A document changed by somebody else, who has read it. */
async function changeBehindItsBack(name: string, inputs: Record<string, unknown>): Promise<void> {
  const document = (await documentOf(name)) as Document;
  await stack
    .client()
    .putDocument(
      { namespace: document.namespace, plural: "services", name },
      { owner: document.owner, inputs: { ...document.inputs, ...inputs } },
      { ifMatch: document.etag },
    );
}

describe("what is not known yet", () => {
  const secret = { "fn::secret": "hush-hush" };
  const pair = () => ({
    back: script("sleep 1000"),
    front: web({ env: { BACK: "${back.address}", TOKEN: secret } }),
  });

  test("a create is previewed while neither the cluster nor what it refers to exists", async () => {
    await write(pair(), { outputs: { token: "${front.env}" } });
    const { stdout } = await stack.pulumi("preview", "--json");
    expect(stdout).not.toContain("hush-hush");
    const steps = await stack.preview();
    expect(opsOf(steps)).toEqual({ local: "create", back: "create", front: "create" });
    expect((await stack.run(["test", "-e", stack.agentRoot])).code).toBe(1);
  });

  test("the up gives what was unknown, and keeps secret what is", async () => {
    await stack.up();
    const [front] = await instancesOf("front");
    const address = (await documentOf("back"))?.outputs.address;
    expect(await documentOf("front")).toMatchObject({ inputs: { env: { BACK: address } } });
    const shown = await stack.run([
      "constellation",
      "exec",
      front?.id ?? "",
      "--",
      "sh",
      "-c",
      "echo $TOKEN",
    ]);
    expect(shown).toMatchObject({ code: 0, stdout: "hush-hush\n" });
    expect(await stack.stateText()).not.toContain("hush-hush");
    const told = [
      await stack.run(["constellation", "describe", "front", "--json"]),
      await stack.run(["constellation", "ps", "--json"]),
      await stack.run(["constellation", "events"]),
      await stack.run(["grep", "-rl", "hush-hush", join(stack.agentRoot, "lib")]),
      await stack.pulumi("stack", "output", "--json"),
    ];
    for (const { stdout, stderr } of told) expect(stdout + stderr).not.toContain("hush-hush");
    expect(told[0]?.stdout).toContain("front");
    expect(told[3]?.stdout).toBe("");
    expect(stack.machine.processes().filter(({ command }) => command.includes("hush-hush"))).toEqual([]);
    expect(await stack.preview()).toEqual([]);
  });

  test("an update by an output of something new names that field alone", async () => {
    const { back, front } = pair();
    const env = { BACK: "${later.address}", TOKEN: secret };
    await write({
      back,
      later: script("sleep 1000"),
      front: { ...front, properties: { ...front.properties, env } },
    });
    const steps = await expectUpAsPreviewed();
    expect(opsOf(steps)).toEqual({ later: "create", front: "update" });
    expect(steps.find((step) => nameOf(step) === "front")?.diff).toEqual({ "env.BACK": "update" });
  });

  test("another secret is a change of that field, and neither value is shown", async () => {
    const { back, front } = pair();
    const env = { BACK: "${back.address}", TOKEN: { "fn::secret": "hush-hush-2" } };
    await write({ back, front: { ...front, properties: { ...front.properties, env } } });
    const { stdout } = await stack.pulumi("preview", "--diff");
    expect(stdout).toMatch(/TOKEN.*\[secret\]/);
    expect(stdout).not.toContain("hush-hush");
    const steps = await expectUpAsPreviewed();
    expect(opsOf(steps)).toEqual({ front: "update", later: "delete" });
  });
});

describe("replacements", () => {
  test("another name and another namespace replace, as previewed", async () => {
    const ports = [{ port: 8000, publish: 8090 }];
    await write({ web: web({ ports }) });
    await stack.up();
    for (const place of [{ name: "site" }, { name: "site", namespace: "shop" }]) {
      await write({ web: web({ ports, ...place }) });
      const [step] = await expectUpAsPreviewed();
      expect(step?.op).toBe("replace");
      expect(Object.values(step?.diff ?? {})).toEqual([expect.stringMatching("replace")]);
    }
    expect(await documentOf("web")).toBeUndefined();
    expect(await documentOf("site")).toBeUndefined();
    expect(await stack.client().listInstances()).toMatchObject([{ namespace: "shop", name: "site-0" }]);
  });

  test("one that keeps its name and is asked for by the program deletes first", async () => {
    const options = { replaceOnChanges: ["env"] };
    await write({ web: { ...web({ env: { TRY: "1" } }), options } });
    await stack.up();
    const before = await documentOf("web");
    await write({ web: { ...web({ env: { TRY: "2" } }), options } });
    expect(await expectUpAsPreviewed()).toMatchObject([{ op: "replace" }]);
    const after = await documentOf("web");
    expect(after?.inputs.env).toEqual({ TRY: "2" });
    expect(after?.uid).not.toBe(before?.uid);
    expect(await instancesOf("web")).toHaveLength(1);
  });

  test("one that keeps its name and is asked for on the command line leaves it running", async () => {
    const [{ urn }] = (await stack.preview(
      "--replace",
      "urn:pulumi:test::show::constellation:index:Service::web",
    )) as [Step];
    expect((await stack.pulumi("up", "--yes", "--skip-preview", "--replace", urn)).code).toBe(0);
    expect(await instancesOf("web")).toMatchObject([{ healthy: true }]);
    expect((await stack.refresh()).stdout).not.toMatch(/deleted/);
    expect(await stack.preview()).toEqual([]);
  });
});

describe("drift", () => {
  test("a document changed behind its back is shown field by field, and an up takes it back", async () => {
    await write({ web: web({ replicas: 1 }) });
    await stack.up();
    await changeBehindItsBack("web", { replicas: 2, env: { WHO: "somebody else" } });
    expect(await stack.preview()).toEqual([]);
    const steps = await stack.preview("--refresh");
    expect(steps).toMatchObject([{ op: "update", diff: { replicas: "update", env: "delete" } }]);
    expect((await stack.refresh()).stdout).toMatch(/1 updated/);
    expect(await expectUpAsPreviewed()).toEqual(steps);
    expect(await instancesOf("web")).toHaveLength(1);
  });

  test("a document deleted behind its back is made again", async () => {
    await stack.client().deleteDocument({ namespace: "default", plural: "services", name: "web" });
    expect((await stack.refresh()).stdout).toMatch(/1 deleted/);
    expect(await expectUpAsPreviewed()).toMatchObject([{ op: "create" }]);
    expect(await instancesOf("web")).toMatchObject([{ healthy: true }]);
  });
});

describe("what lives on without the stack", () => {
  test("retainOnDelete keeps it running; `import` in the program takes it back", async () => {
    await write({ web: { ...web({ namespace: "shop" }), options: { retainOnDelete: true } } });
    await stack.up();
    const before = await instancesOf("web");
    await write({});
    expect(await stack.appliedSteps()).toMatchObject([{ op: expect.stringMatching(/delete|discard/) }]);
    expect(await instancesOf("web")).toEqual(before);

    await write({ web: { ...web({ namespace: "shop" }), options: { import: "shop/web" } } });
    expect(await stack.preview()).toMatchObject([{ op: "import" }]);
    await stack.up();
    expect(await stack.preview()).toEqual([]);
    expect(await instancesOf("web")).toEqual(before);
  });

  test("pulumi import takes it by namespace/name", async () => {
    const before = await instancesOf("web");
    await stack.pulumi("state", "delete", "--yes", "urn:pulumi:test::show::constellation:index:Service::web");
    const type = "constellation:index:Service";
    const imported = await stack.pulumi(
      "import",
      "--yes",
      "--protect=false",
      "--generate-code=false",
      type,
      "web",
      "shop/web",
    );
    expect(imported.code).toBe(0);
    await write({ web: web({ namespace: "shop" }) });
    await stack.up();
    expect(await stack.preview()).toEqual([]);
    expect(await instancesOf("web")).toEqual(before);
  });

  test("another program reads it by id, and changes nothing", async () => {
    const before = await instancesOf("web");
    const reader = await addStack(stack.machine, "reader");
    await reader.write({
      resources: { seen: { type: "constellation:Service", get: { id: "shop/web" } } },
      outputs: { address: "${seen.address}" },
    });
    await reader.up();
    expect(await reader.outputs()).toEqual({ address: expect.stringMatching(/^240\./) });
    await reader.destroy();
    expect(await instancesOf("web")).toEqual(before);
  });

  test("an import of what is not there says so", async () => {
    const imported = await stack.pulumi(
      "import",
      "--yes",
      "constellation:index:Service",
      "other",
      "shop/other",
    );
    expect(imported.code).not.toBe(0);
    expect(imported.stdout + imported.stderr).toMatch(/shop\/other.*does not exist/s);
  });
});
