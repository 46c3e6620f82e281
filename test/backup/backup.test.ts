import { readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { agentPaths, type Document, type Instance } from "../../contract/index.ts";
import { until } from "../cli/read.ts";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, web } from "../e2e/web.ts";

const hush = "hush-hush-4711";
/** Of every recovery here; usually it is a tenth. */
const boundMs = 60_000;
const secretOf = (value: string) => ({ "fn::secret": value });
const program = {
  resources: {
    local,
    login: {
      type: "constellation:Secret",
      properties: { cluster: "${local.access}", value: secretOf(hush) },
    },
    web: web({ replicas: 2, env: { TOKEN: secretOf(hush) }, ports: [{ port: 8000, publish: 18081 }] }),
  },
  outputs: { access: "${local.access}", address: "${web.address}" },
};

let stack: Stack & AsyncDisposable;
const file = () => join(stack.folder, "cluster.backup");
const constellation = (...argv: string[]) =>
  stack.run(["constellation", ...argv, "--passphrase-file", join(stack.folder, "key")]);
const documents = async (): Promise<Document[]> => {
  const lists = ["services", "secrets"].map((plural) => stack.client().listDocuments(plural));
  return (await Promise.all(lists)).flat();
};
/** What must come back as it was; etags count the store's own changes. */
const lasting = (all: readonly Document[]) => all.map(({ etag: _, status: __, ...kept }) => kept);
const isHealthy = async () => {
  const all = await stack.client().listInstances();
  return all.length === 2 && all.every(({ healthy, state }) => healthy && state === "running");
};

beforeAll(async () => {
  stack = await startStack("backup");
  await stack.write(program);
  await stack.up();
  await writeFile(join(stack.folder, "key"), "a long passphrase\nsecond line\n");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe("a backup", () => {
  test("is a file of root's that shows no secret", async () => {
    const done = await constellation("backup", file());
    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^backed up cluster local \(.*\), 2 documents, /),
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await readFile(file())).toString("latin1")).not.toContain(hush);
  });

  test("is not put over a living cluster unasked, nor opened with another passphrase", async () => {
    const before = await documents();
    const refused = await constellation("restore", file());
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(
      /^constellation: restore: restore backup: cluster local is here, with 2 documents; --force takes it back to/,
    );
    await writeFile(join(stack.folder, "wrong"), "another passphrase");
    const wrong = [
      "constellation",
      "restore",
      "--force",
      file(),
      "--passphrase-file",
      join(stack.folder, "wrong"),
    ];
    expect((await stack.run(wrong)).stderr).toContain("the passphrase is another one");
    const cut = join(stack.folder, "cut");
    await writeFile(cut, (await readFile(file())).subarray(0, -100));
    expect((await constellation("restore", "--force", cut)).stderr).toContain("damaged or cut short");
    expect(lasting(await documents())).toEqual(lasting(before));
    const asked = await stack.run(["constellation", "--json", "backup", file()]);
    expect(JSON.parse(asked.stderr).error.message).toContain(
      "none is given; name a file with --passphrase-file",
    );
  });
});

test("wipe-machine: restore brings back the same cluster, and the engine sees no change; within 60 s", async () => {
  const before = { documents: lasting(await documents()), outputs: await stack.outputs() };
  const { id } = await stack.client().getCluster();
  await stack.run(["constellation-agent", "down"]);
  expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
  await rm(stack.agentRoot, { recursive: true, force: true });

  const recovering = performance.now();
  await stack.run(["constellation-agent", "up"]);
  const done = JSON.parse((await constellation("--json", "restore", file())).stdout);
  expect(done).toMatchObject({ clusterId: id, documents: 2, replaced: null, missing: ["default/web"] });

  expect((await stack.client().getCluster()).id).toBe(id);
  expect(lasting(await documents())).toEqual(before.documents);
  expect(await stack.preview()).toEqual([]);
  expect(await stack.outputs()).toEqual(before.outputs);

  // Images from files are the one thing that the program has to bring again.
  expect((await stack.pulumi("up", "--yes", "--skip-preview", "--refresh")).code).toBe(0);
  await until(isHealthy);
  expect(performance.now() - recovering).toBeLessThan(boundMs);
  expect(lasting(await documents())).toEqual(before.documents);
  const env = await stack.run(["constellation", "exec", "web-0", "--", "sh", "-c", "echo $TOKEN"]);
  expect(env.stdout).toBe(`${hush}\n`);
  const fetched = await stack.run([
    "curl",
    "-sf",
    "--max-time",
    "5",
    `http://${before.outputs.address}:8000/hostname`,
  ]);
  expect(fetched.stdout).toMatch(/^web-[01]\n$/);
  expect(await stack.preview()).toEqual([]);
});

test("cut-short: the agent's next start puts back what a restore had moved away, and instances run on; within 60 s", async () => {
  const before = { documents: lasting(await documents()), instances: await stack.client().listInstances() };
  const { stateDir } = agentPaths(stack.agentRoot);
  const at = (...path: string[]) => join(stateDir, ...path);
  const { guard, agent } = JSON.parse(
    (await stack.run(["constellation-agent", "status", "--json"])).stdout,
  ).result;
  const etcd = stack.machine.processes().filter(({ command }) => command.includes("--data-dir="));
  for (const pid of [guard, agent, ...etcd.map((one) => one.pid)])
    await stack.run(["kill", "-9", String(pid)]);
  // The new store is in place, the key on its way, the host's name still the old one.
  for (const folder of ["replaced.new", "restored"]) await mkdir(at(folder));
  for (const name of ["etcd", "secrets.key"]) await rename(at(name), at("replaced.new", name));
  await mkdir(at("etcd"));
  for (const name of ["secrets.key", "host-name"]) await writeFile(at("restored", name), "new");

  const recovering = performance.now();
  await stack.run(["constellation-agent", "up"]);
  await until(isHealthy);
  expect(performance.now() - recovering).toBeLessThan(boundMs);
  expect(lasting(await documents())).toEqual(before.documents);
  const pids = (all: readonly Instance[]) => all.map(({ id, pid }) => ({ id, pid }));
  expect(pids(await stack.client().listInstances())).toEqual(pids(before.instances));
  expect(readdirSync(stateDir).filter((name) => /^(restored|replaced\.new)$/.test(name))).toEqual([]);
});

test("corrupt-store: restore replaces it and touches no instance that the backup knows; within 60 s", async () => {
  await constellation("backup", file());
  const before = await stack.client().listInstances();
  const { stateDir } = agentPaths(stack.agentRoot);
  const wal = join(stateDir, "etcd", "member", "wal");
  for (const name of readdirSync(wal)) await truncate(join(wal, name), 100);
  const etcd = stack.machine.processes().filter(({ command }) => command.includes("--data-dir="));
  await stack.run(["kill", "-9", ...etcd.map(({ pid }) => String(pid))]);

  const refused = await constellation("restore", file());
  expect(refused.stderr).toMatch(/the store in .*\/etcd does not answer.*--force/);
  const recovering = performance.now();
  const done = await constellation("restore", "--force", file());
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining("is kept in") });
  await until(isHealthy);
  expect(performance.now() - recovering).toBeLessThan(boundMs);
  const after = await stack.client().listInstances();
  expect(after.map(({ id, pid }) => ({ id, pid }))).toEqual(before.map(({ id, pid }) => ({ id, pid })));
  expect(await stack.preview()).toEqual([]);
  await stack.destroy();
  expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
});
