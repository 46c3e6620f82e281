import { existsSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { agentPaths, type Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { publish, type RegistryServer, settled, startRegistry, user } from "../registry/index.ts";
import { type ResourceSpec, type Stack, startStack } from "./stack.ts";
import { web } from "./web.ts";

let stack: Stack & AsyncDisposable;
/** Lets everybody in; the other one lets in one user alone. */
let open: RegistryServer;
let closed: RegistryServer;
/** A way to the closed one that is slow enough to watch. */
const slow = "localhost:5002";
const bytesPerSecond = 400_000;
const resources: Record<string, ResourceSpec> = {};

beforeAll(async () => {
  stack = await startStack("pull");
  open = await startRegistry(stack.machine, { port: 5000 });
  closed = await startRegistry(stack.machine, { port: 5001, auth: true });
  const proxy = join(import.meta.dirname, "..", "registry", "slow.ts");
  await stack.machine.spawn(["node", proxy, "5002", "5001", String(bytesPerSecond)], { stdio: "ignore" });
  await settled(stack.machine, 5002);
  for (const registry of [open, closed]) await publish(registry, "team/app", "1");
  const plainHttp = true;
  const properties = {
    registries: {
      [open.host]: { plainHttp },
      [closed.host]: { plainHttp },
      [slow]: { plainHttp },
      "registry.invalid": { mirrors: [open.host] },
    },
  };
  resources.local = { type: "constellation:Cluster", properties };
  await stack.write({ resources });
  await stack.up();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

const secret = (password: string): ResourceSpec => ({
  type: "constellation:Secret",
  properties: {
    cluster: "${local.access}",
    values: { "fn::secret": { username: user.username, password } },
  },
});
const using = (registry: string) => ({ imageCredentials: [{ registry, secret: "${login.name}" }] });
const instancesOf = async (service: string): Promise<Instance[]> =>
  await stack.client().listInstances({ service });
const write = (more: Record<string, ResourceSpec>) => stack.write({ resources: { ...resources, ...more } });
const startUp = () =>
  stack.machine.spawn(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--json"], {
    cwd: stack.folder,
    env: stack.environment,
  });

/** Files below a folder that hold a text; what is no file has none. */
async function filesWith(folder: string, needle: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
  return paths.filter((path) => existsSync(path) && readFileSync(path).includes(needle));
}

describe("credentials", () => {
  test("none, or wrong ones, are refused with who was asked and what was sent", async () => {
    const image = `${closed.host}/team/app:1`;
    const refusal = (how: string) =>
      `create service default/private: image find image ${image}: ${closed.host}: access denied (401 Unauthorized, UNAUTHORIZED) ${how}`;
    await write({ private: web({ image }) });
    for (const preview of [true, false])
      expect(await stack.failingUp({ preview })).toContain(
        refusal("without credentials; name a Secret in imageCredentials, or check the name"),
      );

    await write({ login: secret("wrong-Password"), private: web({ image, ...using(closed.host) }) });
    const said = await stack.failingUp();
    expect(said).toContain(
      refusal("with the credentials of imageCredentials; correct them, or check the name"),
    );
    expect(said).not.toContain("wrong-Password");
    // The run that corrects the Secret is not stopped by its own preview.
    await write({ login: secret(user.password), private: web({ image, ...using(closed.host) }) });
    const preview = await stack.pulumi("preview");
    expect([preview.code, preview.stdout]).toEqual([0, expect.stringContaining("image not checked: ")]);
    await stack.up();
    expect(await instancesOf("private")).toMatchObject([{ state: "running", healthy: true }]);
  });

  test("of the host's own auth.json are used where the service has none", async () => {
    const { stateDir } = agentPaths(stack.agentRoot);
    await publish(closed, "team/other", "1", { build: "other" });
    const file = join(stateDir, "auth.json");
    const logIn = (password: string) => {
      const auth = Buffer.from(`${user.username}:${password}`).toString("base64");
      return writeFile(file, JSON.stringify({ auths: { [closed.host]: { auth } } }));
    };
    await logIn("wrong");
    resources.other = web({ image: `${closed.host}/team/other:1` });
    await write({});
    expect(await stack.failingUp()).toContain(`with the credentials in ${file}; correct them`);
    await logIn(user.password);
    await stack.up();
    expect(await instancesOf("other")).toMatchObject([{ state: "running", healthy: true }]);
    await stack.run(["rm", file]);
  });
});

test("a pull says how far it is, goes on where it was after kill -9 of the agent, and shows its credentials to nobody", async () => {
  const image = `${slow}/team/app:2`;
  await publish(closed, "team/app", "2", { image: "redis" });
  await write({
    login: secret(user.password),
    slow: web({
      image,
      ...using(slow),
      command: ["redis-server", "--port", "8000"],
      healthCheck: { tcp: { port: 8000 } },
    }),
  });
  const engine = await startUp();
  const output = text(engine.stdout as Readable);
  const seen = await until("ps to say how far it is", async () => {
    const { stdout } = await stack.run(["constellation", "ps", "--service", "slow"]);
    return /pulling\s.*pulling localhost:5002\/team\/app:2: [\d.]+ of [\d.]+ MB/.exec(stdout)?.[0];
  });
  expect(seen).toBeDefined();
  await until("a part to be here", async () => {
    const [instance] = await instancesOf("slow");
    const [, done = 0, total = 1] = /([\d.]+) of ([\d.]+) MB/.exec(instance?.reason ?? "")?.map(Number) ?? [];
    return done > total / 4 || undefined;
  });
  const commands = stack.machine.processes().map(({ command }) => command);
  await stack.run(["kill", "-KILL", String((await stack.client().info()).pid)]);
  expect((await engine.exited).code).toBe(0);
  expect(await closed.requests()).toContainEqual(
    expect.stringMatching(/^GET \/v2\/team\/app\/blobs\/sha256:[0-9a-f]+ 206$/),
  );
  const words = [...(await output).matchAll(/pulling localhost:5002\/team\/app:2: ([\d.]+) of ([\d.]+) MB/g)];
  expect(new Set(words.map(([, done]) => done)).size).toBeGreaterThan(2);
  expect(await instancesOf("slow")).toMatchObject([{ state: "running", healthy: true, restarts: 0 }]);

  const { password } = user;
  const { stateDir } = agentPaths(stack.agentRoot);
  expect(commands).toContainEqual(expect.stringContaining("constellation-registry"));
  expect(commands.filter((line) => line.includes(password))).toEqual([]);
  expect(await filesWith(stateDir, password)).toEqual([]);
  expect(await stack.stateText()).not.toContain(password);
  expect(await output).not.toContain(password);
  const listed = await Promise.all([
    stack.client().listDocuments("services"),
    stack.client().listDocuments("secrets"),
    stack.client().listInstances(),
    stack.client().getCluster(),
  ]);
  expect(JSON.stringify(listed)).not.toContain(password);
});

test("a mirror is asked first", async () => {
  await write({ mirrored: web({ image: "registry.invalid/team/app:1" }) });
  await stack.up();
  expect(await instancesOf("mirrored")).toMatchObject([
    { healthy: true, image: "registry.invalid/team/app:1" },
  ]);
  expect(await open.requests()).toContainEqual(expect.stringContaining("/v2/team/app/manifests/"));
});

describe("a pull that fails", () => {
  test("for a passing reason waits until update.deadline, and goes on by itself once the registry is back", async () => {
    const imageDigest = await publish(open, "team/late", "1", { build: "late" });
    await open.stop();
    const late = { image: `${open.host}/team/late:1`, imageDigest };
    await write({ late: web({ ...late, update: { deadline: "12s" } }) });
    const said = await stack.failingUp();
    expect(said).toMatch(/default\/late: not healthy within update.deadline: .*late-0: .*connection refused/);
    await write({ late: web(late) });
    const engine = await startUp();
    const waiting = await until("the first attempt to fail", async () =>
      (await instancesOf("late")).find(({ reason }) => reason.includes("connection refused")),
    );
    expect(waiting.isStuck).toBeUndefined();
    await open.start();
    const back = performance.now();
    expect((await engine.exited).code).toBe(0);
    expect(performance.now() - back).toBeLessThan(60_000);
    expect(await instancesOf("late")).toMatchObject([{ healthy: true, restarts: 0 }]);
  });

  test("for good fails the up at once with the reason", async () => {
    const imageDigest = `sha256:${"0".repeat(64)}`;
    await write({ gone: web({ image: `${open.host}/team/app:1`, imageDigest }) });
    const begun = performance.now();
    expect(await stack.failingUp()).toMatch(
      /default\/gone: gone-0: pull image localhost:5000\/team\/app:1.*: not found \(404 Not Found, MANIFEST_UNKNOWN\)/,
    );
    expect(performance.now() - begun).toBeLessThan(120_000);
    expect(await instancesOf("gone")).toMatchObject([{ isStuck: true, restarts: 0 }]);
  });
});
