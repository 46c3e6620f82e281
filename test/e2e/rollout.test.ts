import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startLoad } from "./load.ts";
import { rebuildImage } from "./rebuilt-image.ts";
import { image, type ResourceSpec, type Stack, startStack } from "./stack.ts";
import { local, script, web } from "./web.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("roll");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const instancesOf = async (service: string) => await stack.client().listInstances({ service });
const idsOf = async (service: string) => (await instancesOf(service)).map(({ id }) => id);
const write = (resources: Record<string, ResourceSpec>) =>
  stack.write({ resources: { local, ...resources } });

describe("a rolling replacement", () => {
  test("under a steady load no request fails", async () => {
    await write({ web: web({ replicas: 2 }) });
    await stack.up();
    const before = await idsOf("web");
    const document = await stack
      .client()
      .getDocument({ namespace: "default", plural: "services", name: "web" });
    const load = await startLoad(stack.machine, `http://${String(document?.outputs.address)}:8000/hostname`);
    for (const colour of ["green", "blue"]) {
      await write({ web: web({ replicas: 2, env: { COLOUR: colour } }) });
      await stack.up();
    }
    const { answered, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    expect(await instancesOf("web")).toHaveLength(2);
    expect(await idsOf("web")).not.toEqual(expect.arrayContaining(before));
  });

  test("an image built again is a change of imageDigest alone, and replaces the instances", async () => {
    const layout = join(stack.folder, "images");
    const from = image("busybox").split(":")[1] as string;
    await rebuildImage(from, "busybox", layout, "1");
    await write({ web: web({ image: "oci:images:busybox" }) });
    await stack.up();
    expect(await stack.preview()).toEqual([]);
    const [before] = await instancesOf("web");

    await rebuildImage(from, "busybox", layout, "2");
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { imageDigest: "update" } }]);
    await stack.up();
    const [after] = await instancesOf("web");
    expect(after).toMatchObject({ healthy: true, image: "oci:images:busybox" });
    expect(after?.id).not.toBe(before?.id);
    expect(await stack.preview()).toEqual([]);
  });
});

describe("a service that did not get healthy", () => {
  test("is recorded, shown as an update, and healed by the next up of the same program", async () => {
    const folder = join(stack.machine.root, "shared");
    const file = join(folder, "here");
    await stack.run(["mkdir", folder]);
    await write({
      web: script(`test -e ${file} || { echo no ${file}; exit 1; }; exec sleep 1000`, {
        mounts: [{ hostPath: { path: folder }, target: folder, readOnly: true }],
        restart: { delay: "100ms" },
      }),
    });
    expect(await stack.failingUp()).toContain(`no ${file}`);
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: {} }]);
    await stack.run(["touch", file]);
    await stack.up();
    expect(await instancesOf("web")).toMatchObject([{ healthy: true }]);
    expect(await stack.preview()).toEqual([]);
  });
});

describe("how long an up waits", () => {
  const never = { healthCheck: { http: { path: "/nothing", port: 8000 } } };

  test("customTimeouts goes before update.deadline", async () => {
    await write({
      web: {
        ...web({ ...never, update: { deadline: "1s" } }),
        options: { customTimeouts: { create: "3s", update: "3s" } },
      },
    });
    expect(await stack.failingUp()).toMatch(/default\/web: not healthy within customTimeouts: 0\/1 healthy/);
  });

  test("waitFor says for what: started is enough, or nothing at all", async () => {
    await write({ web: web({ ...never, waitFor: "started" }), none: web({ ...never, waitFor: "none" }) });
    await stack.up();
    expect(await instancesOf("web")).toContainEqual(
      expect.objectContaining({ state: "running", healthy: false }),
    );
    expect(await stack.preview()).toEqual([]);
  });
});

describe("a component", () => {
  const application = (services: Record<string, unknown>) => ({
    type: "constellation:Application",
    properties: { cluster: "${local.access}", namespace: "shop", services },
  });
  const { cluster: _, ...site } = web().properties as Record<string, unknown>;

  test("brings up its services, and changes only the one that changes", async () => {
    await stack.write({
      resources: { local, shop: application({ front: site, back: site }) },
      outputs: { addresses: "${shop.addresses}" },
    });
    const created = (await stack.preview()).filter(
      ({ op, urn }) => op === "create" && urn.includes("Application"),
    );
    expect(created).toHaveLength(3);
    await stack.up();
    const { addresses } = (await stack.outputs()) as { addresses: Record<string, string> };
    const running = await stack.client().listInstances({ namespace: "shop" });
    expect(running.map(({ name }) => name).sort()).toEqual(["back-0", "front-0"]);
    expect(Object.keys(addresses).sort()).toEqual(["back", "front"]);
    expect(await stack.preview()).toEqual([]);

    await stack.write({
      resources: { local, shop: application({ front: { ...site, replicas: 2 }, back: site }) },
    });
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { replicas: "update" } }]);
    await stack.up();
    expect(
      (await stack.client().listInstances({ namespace: "shop" })).map(({ name }) => name).sort(),
    ).toEqual(["back-0", "front-0", "front-1"]);
  });

  test("tells a mistake with the service's name and the field's path", async () => {
    await stack.write({
      resources: { local, shop: application({ front: { ...site, replicas: -2 }, back: site }) },
    });
    expect(await stack.failingUp({ preview: true })).toMatch(
      /shop-front.*replicas: must be at least 0, not -2/s,
    );
  });
});

describe("the provider's own settings", () => {
  test("a namespace from the stack's config is where things go, and another one moves them", async () => {
    await write({ web: web() });
    await stack.pulumi("config", "set", "constellation:namespace", "blue");
    await stack.up();
    expect(await instancesOf("web")).toMatchObject([{ namespace: "blue" }]);
    await stack.pulumi("config", "set", "constellation:namespace", "green");
    expect(await stack.preview()).toMatchObject([{ op: "replace", diff: { namespace: "update-replace" } }]);
    await stack.up();
    expect(await instancesOf("web")).toMatchObject([{ namespace: "green" }]);
    await stack.pulumi("config", "rm", "constellation:namespace");
  });

  test("a provider of a cluster that the same program makes", async () => {
    const { cluster: _, ...properties } = web().properties as Record<string, unknown>;
    await stack.write({
      resources: {
        local,
        team: {
          type: "pulumi:providers:constellation",
          properties: { cluster: "${local.access}", namespace: "team" },
        },
        web: { type: "constellation:Service", properties, options: { provider: "${team}" } },
      },
    });
    await stack.up();
    expect(await instancesOf("web")).toMatchObject([{ namespace: "team", healthy: true }]);
    expect(await stack.preview()).toEqual([]);
    await stack.destroy();
    await stack.up();
    expect(await instancesOf("web")).toMatchObject([{ namespace: "team", healthy: true }]);
  });
});

test("PULUMI_DEBUG_PROVIDERS: an engine attaches to a provider started by hand, one after the other", async () => {
  const { environment, folder, machine } = stack;
  const provider = await machine.spawn(["pulumi-resource-constellation"], { cwd: folder, env: environment });
  const port = await new Promise<string>((resolve) =>
    provider.stdout?.once("data", (line) => resolve(String(line).trim())),
  );
  const attached = { ...environment, PULUMI_DEBUG_PROVIDERS: `constellation:${port}` };
  const pulumi = (...argv: string[]) =>
    machine.run(["pulumi", ...argv, "--non-interactive"], { cwd: folder, env: attached });
  await write({ web: web({ replicas: 2 }) });
  const first = await pulumi("up", "--yes", "--skip-preview");
  expect(first).toMatchObject({ code: 0 });
  // How far it is comes by the engine of this run; two may be healthy at the first look.
  expect(first.stdout).toMatch(/[012]\/2 healthy/);
  await write({ web: web({ replicas: 1 }) });
  expect(await pulumi("up", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  await write({});
  expect(await pulumi("up", "--yes", "--skip-preview")).toMatchObject({ code: 0 });
  expect(await instancesOf("web")).toEqual([]);
  provider.kill();
});
