import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { commandsOn, program } from "./commands.ts";
import { until } from "./read.ts";

let stack: Stack & AsyncDisposable;
const { run } = commandsOn(() => stack);

beforeAll(async () => {
  stack = await startStack("diagnose");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

/** A report, unpacked; `text` is all of it. */
async function diagnosed(file: string, ...options: string[]) {
  const { stderr: said, code } = await run("diagnose", "-o", file, ...options);
  expect(code).toBe(0);
  const folder = await mkdtemp(join(stack.folder, "report-"));
  await stack.run(["tar", "-xzf", file, "-C", folder, "--strip-components=1"]);
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const files = Object.fromEntries(
    await Promise.all(
      names.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(folder.length + 1), await readFile(path, "utf8")] as const;
      }),
    ),
  );
  const manifest: { failed: { name: string; failure: string }[]; leftOut: string[] } = JSON.parse(
    files["manifest.json"] ?? "{}",
  );
  return { said, files, manifest, text: Object.values(files).join("\n") };
}

test("without an agent: it tells what can be seen, and what it could not ask", async () => {
  const { said, files, manifest } = await diagnosed("none.tar.gz");
  expect(said).toMatch(
    /^wrote none\.tar\.gz: \d+ files, .*\nnot in it: .*cluster\/info\.json.*no agent listens/s,
  );
  expect(manifest.failed.map(({ name }) => name)).toContain("cluster/services.json");
  expect(JSON.parse(files["machine/status.json"] ?? "")).toMatchObject({
    trouble: { fix: "start one: constellation-agent up" },
  });
  expect(files["machine/preflight.json"]).toBe("[]\n");
});

test("it tells everything but secrets, in files that say where they are from", async () => {
  await stack.write(program(2));
  await stack.up();
  const spoken = "echo API_TOKEN=$TOKEN; echo https://me:$TOKEN@registry >&2";
  await run("exec", "web-0", "--", "sh", "-c", `(${spoken}) > /proc/1/fd/1 2> /proc/1/fd/2`);
  const { files, manifest, text } = await diagnosed("all.tar.gz", "--instance-logs");
  expect(text).not.toContain("hush-hush");
  expect(manifest.failed).toEqual([]);
  expect(manifest.leftOut.join()).toContain("secrets");
  expect(Object.keys(files).sort()).toEqual(
    expect.arrayContaining([
      ...["manifest.json", "cluster/services.json", "cluster/secrets.json", "cluster/events.ndjson"],
      ...["cluster/instances.json", "cluster/hosts.json", "cluster/stats.json", "cluster/cluster.json"],
      ...["describe/service-default-web.txt", "describe/secret-default-login.txt"],
      ...["machine/versions.json", "machine/status.json", "machine/preflight.json", "machine/mounts.txt"],
      ...["machine/packet-rules.txt", "machine/links.txt", "machine/routes.txt", "machine/resources.json"],
      ...["machine/instances.json", "machine/cgroups.txt", "logs/agent.log", "logs/etcd.log"],
    ]),
  );
  for (const [file, shown] of [
    ["machine/versions.json", /"crun": "crun version.*"etcd": "etcd Version/s],
    ["machine/packet-rules.txt", /^table inet constellation-/],
    ["machine/routes.txt", /10\.64\.0\.\d+ dev c/],
    ["logs/agent.log", /agent started/],
    ["describe/service-default-web.txt", /Instances: 2\/2 healthy/],
  ] as const)
    expect(files[file]).toMatch(shown);
  const [logs = ""] = Object.keys(files).filter((file) => file.startsWith("instance-logs/web-0-"));
  // Lines of the service itself may come between.
  expect(files[logs]).toMatch(/ API_TOKEN=\[secret]\n/);
  expect(files[logs]).toMatch(/ https:\/\/me:\[removed]@registry\n/);
  expect(JSON.parse(files["machine/status.json"] ?? "")).toMatchObject({
    processes: ["guard", "agent", "etcd", "dnsmasq"].map((name) => ({ name, pid: expect.any(Number) })),
    monitors: 2,
  });
  expect(JSON.parse(files["machine/status.json"] ?? "").trouble).toBeUndefined();
  const listed = await stack.run(["sh", "-c", "constellation diagnose -o - | tar -tz"]);
  expect(listed.stdout).toMatch(/^constellation-machine-\w+\/manifest\.json\n/);
  expect(listed.stdout).not.toContain("instance-logs");
});

test("where guard, agent and store were killed: diagnose still tells, and up brings them back", async () => {
  const ours = stack.machine
    .processes()
    .filter(({ command }) => /constellation-guard|dist\/agent\/main\.js run|etcd/.test(command));
  await stack.run(["kill", "-9", ...ours.map(({ pid }) => String(pid))]);
  const { files, text, manifest } = await diagnosed("dead.tar.gz");
  expect(text).not.toContain("hush-hush");
  expect(manifest.failed.map(({ name }) => name)).toContain("cluster/instances.json");
  expect(JSON.parse(files["machine/status.json"] ?? "")).toMatchObject({
    monitors: 2,
    trouble: { problem: "the agent does not run", fix: "start it: constellation-agent up" },
  });
  expect(JSON.parse(files["machine/instances.json"] ?? "")).toHaveLength(2);
  await stack.run(["constellation-agent", "up"]);

  const guard = async () =>
    JSON.parse((await stack.run(["constellation-agent", "status", "--json"])).stdout).result;
  const { guard: pid, agent } = await guard();
  await stack.run(["kill", "-9", String(pid)]);
  expect((await guard()).trouble.problem).toMatch(/^the guard does not run/);
  await stack.run(["constellation-agent", "up"]);
  await until(async () => (await guard()).trouble === undefined);
  expect((await guard()).agent).toBe(agent);
});
