import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { type Program, type Stack, startStack } from "./stack.ts";
import { web } from "./web.ts";

const program = (more: Record<string, unknown> = {}, outputs: Record<string, unknown> = {}): Program => ({
  resources: { local: { type: "constellation:Cluster" }, web: web(more) },
  outputs: { address: "${web.address}", ...outputs },
});

let stack: Stack & AsyncDisposable;
beforeAll(async () => {
  stack = await startStack("life");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const instances = async (): Promise<Instance[]> =>
  (await stack.client().listInstances({ service: "web" })).sort((one, other) =>
    one.name.localeCompare(other.name),
  );
const fetched = async (url: string) =>
  (await stack.run(["node", "-e", `fetch("${url}").then((answer) => answer.text()).then(console.info)`]))
    .stdout;

describe("a service through the real engine", () => {
  test("a preview before the cluster exists names what will be made and makes nothing", async () => {
    await stack.write(program());
    const steps = await stack.preview();
    expect(steps.map(({ op }) => op)).toEqual(["create", "create"]);
    expect((await stack.run(["test", "-e", stack.agentRoot])).code).toBe(1);
  });

  test("up runs it, healthy and reachable at its address", async () => {
    await stack.up();
    const { address } = await stack.outputs();
    expect(await instances()).toMatchObject([{ name: "web-0", state: "running", healthy: true }]);
    expect(await fetched(`http://${String(address)}:8000/hostname`)).toMatch(/^web-0/);
  });

  test("a second up and a refresh change nothing", async () => {
    const before = await instances();
    expect((await stack.up()).stdout).toMatch(/2 unchanged|3 unchanged/);
    expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
    expect(await stack.preview()).toEqual([]);
    expect(await instances()).toEqual(before);
  });

  test("a preview names exactly the fields that change, and up changes only that", async () => {
    const before = await instances();
    await stack.write(program({ replicas: 3 }));
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { replicas: "update" } }]);
    await stack.up();
    const after = await instances();
    expect(after.map(({ name }) => name)).toEqual(["web-0", "web-1", "web-2"]);
    expect(after[0]).toEqual(before[0]);
  });

  test("another environment replaces every instance, the address stays", async () => {
    const before = await instances();
    const { address } = await stack.outputs();
    await stack.write(program({ replicas: 3, env: { COLOUR: "green" } }));
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { env: "add" } }]);
    await stack.up();
    const after = await instances();
    expect(after).toHaveLength(3);
    expect(new Set([...before, ...after].map(({ id }) => id)).size).toBe(6);
    expect((await stack.outputs()).address).toBe(address);
  });

  test("an instance killed behind its back is healed, and no engine sees a change", async () => {
    const [victim] = await instances();
    const restarts = victim?.restarts ?? 0;
    await stack.run(["kill", "-9", String(victim?.pid)]);
    await until(async () => {
      const [now] = await instances();
      return now?.healthy === true && now.restarts > restarts;
    });
    expect(await stack.preview()).toEqual([]);
    expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
  });

  test("a secret is a secret in the state, and reaches the process", async () => {
    await stack.write({
      resources: {
        local: { type: "constellation:Cluster" },
        token: {
          type: "constellation:Secret",
          properties: { cluster: "${local.access}", value: "hush-hush-hush" },
        },
        web: web({
          env: { PLAIN: "plain", WRAPPED: { "fn::secret": "wrapped-hush" } },
          secrets: [{ secret: "${token.name}", target: "/run/token" }],
        }),
      },
    });
    await stack.up();
    expect(await stack.stateText()).not.toMatch(/hush-hush-hush|wrapped-hush/);
    const [only] = await instances();
    const shown = await stack.run([
      "constellation",
      "exec",
      only?.id ?? "",
      "--",
      "sh",
      "-c",
      "cat /run/token; echo; echo $WRAPPED",
    ]);
    expect(shown.stdout).toBe("hush-hush-hush\nwrapped-hush\n");
    expect(JSON.stringify(await stack.client().listDocuments("services"))).not.toContain("wrapped-hush");
    expect(await stack.preview()).toEqual([]);
    expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
  });

  test("functions give live facts", async () => {
    await stack.write({
      ...program({}, { healthy: "${facts.healthy}", hosts: "${machines.hosts[0].state}" }),
      variables: {
        facts: {
          "fn::invoke": {
            function: "constellation:getService",
            arguments: { name: "${web.name}", cluster: "${local.access}" },
          },
        },
        machines: {
          "fn::invoke": { function: "constellation:getHosts", arguments: { cluster: "${local.access}" } },
        },
      },
    });
    await stack.up();
    expect(await stack.outputs()).toMatchObject({ healthy: 1, hosts: "ready" });
  });

  test("what was made elsewhere is imported by name", async () => {
    await stack.pulumi("state", "delete", "--yes", (await urnOf("web")) ?? "");
    const imported = await stack.pulumi(
      "import",
      "--yes",
      "--generate-code=false",
      "--protect=false",
      "constellation:index:Service",
      "web",
      "web",
    );
    expect(`${imported.stdout}${imported.stderr}`).toMatch(/1 imported|import/);
    await stack.write(program());
    await stack.up();
    expect(await stack.preview()).toEqual([]);
  });

  test("destroy leaves nothing behind", async () => {
    await stack.destroy();
    const left = await stack.run(["constellation-agent", "traces"]);
    expect(left.stdout).toBe("");
    expect((await stack.run(["ls", "-A", stack.agentRoot])).stdout).toBe("");
  });
});

async function urnOf(name: string): Promise<string | undefined> {
  const { checkpoint } = JSON.parse(await stack.stateText());
  const resources = checkpoint.latest.resources as { urn: string }[];
  return resources.map(({ urn }) => urn).find((urn) => urn.endsWith(`::${name}`));
}

async function until(condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the condition did not come true in time");
}
