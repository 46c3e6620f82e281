import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { commandsOn, program } from "./commands.ts";
import { textOf, until } from "./read.ts";

let stack: Stack & AsyncDisposable;
const { run, json, jsonLines, inTerminal } = commandsOn(() => stack);

beforeAll(async () => {
  stack = await startStack("cli");
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

describe("without an agent", () => {
  test("it says where it looked and how to start one", async () => {
    const { code, stderr, stdout } = await run("ps");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^constellation: ps: .*agent\.sock: no agent listens; create a Cluster.*\n$/);
    expect(await run("version")).toMatchObject({ code: 0, stdout: expect.stringContaining("agent    none") });
  });

  test("completion offers what is fixed, silently", async () => {
    expect(await run("__complete", "logs", "w")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await run("__complete", "lo")).stdout).toMatch(/^logs\t/);
  });
});

describe("with two instances", () => {
  beforeAll(async () => {
    await stack.write(program(2));
    await stack.up();
  });

  test("listings show people a table, programs the API's answer", async () => {
    const instances = await stack.client().listInstances();
    expect(await json("ps")).toEqual({ items: instances });
    const { stdout } = await run("ps", "--service", "web");
    expect(stdout).toMatch(/^INSTANCE +STATE +HEALTH +HOST/);
    for (const { id } of instances) expect(stdout).toMatch(new RegExp(`^${id} +running +healthy `, "m"));
    expect((await run("services")).stdout).toMatch(/^web +2\/2 +240\./m);
    expect((await json("services")).items).toMatchObject([{ kind: "Service", name: "web" }]);
    expect((await json("hosts")).items).toEqual(await stack.client().listHosts());
    expect(await run("ps", "-n", "empty")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "no instances in namespace empty\n",
    });
  });

  test.each(["ps", "top", "events"])("%s --service of none says so", async (command) => {
    expect(await run(command, "--service", "wbe")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `constellation: ${command}: wbe: there is no such service; did you mean web?\n`,
    });
  });

  test.each(["describe", "logs", "exec"])("%s of nothing says so", async (command) => {
    const more = command === "exec" ? ["--", "true"] : [];
    expect(await run(command, "wbe", ...more)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `constellation: ${command}: wbe: nothing has that name in namespace default; did you mean web?\n`,
    });
  });

  test("a description says what is wanted and there, and no secret", async () => {
    const { stdout } = await run("describe", "web");
    for (const text of [
      "Service default/web",
      "replicas: 2",
      "Instances: 2/2 healthy",
      "TOKEN: secret (",
      "created (revision 1)",
    ])
      expect(stdout).toContain(text);
    const login = await run("describe", "--kind", "secret", "login");
    expect(login.stdout).toContain("value: secret (");
    expect(stdout + login.stdout + JSON.stringify(await json("describe", "web"))).not.toContain("hush-hush");
    expect((await run("describe", "web-1")).stdout).toMatch(/^Instance default\/web-1-/);
  });

  test("events end with the last one, or go on", async () => {
    const events = await jsonLines("events", "--tail", "3");
    expect(events).toHaveLength(3);
    expect(events[2]).toMatchObject({
      id: expect.any(String),
      type: "instance",
      instance: { healthy: true },
    });
    expect(await inTerminal([["web", { keys: "\u0003" }]], "events", "-f", "--tail", "5")).toMatchObject({
      code: 130,
    });
  });

  test("logs of a service come in order of time, each line with its instance", async () => {
    const lines = await jsonLines("logs", "web");
    expect(new Set(lines.map(({ instance }) => instance)).size).toBe(2);
    expect(lines.map(({ at }) => Date.parse(at))).toEqual(
      lines.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b),
    );
    expect(lines.filter(({ stream }) => stream === "stderr").map(({ text }) => text)).toEqual(["up", "up"]);
    expect((await run("logs", "web", "--tail", "1")).stdout).toMatch(
      /^web-[01]-\w+ \| line \d+\nweb-[01]-\w+ \| line \d+\n$/,
    );
    expect((await run("logs", "web-0", "--tail", "1")).stdout).toMatch(/^line \d+\n$/);
    expect((await run("logs", "web-0", "--since", "1h")).stdout).toMatch(/^up\nline 1\n/);
  });

  test("exec passes input, both outputs and the exit code", async () => {
    const done = await stack.run(
      ["constellation", "exec", "-i", "web-0", "--", "sh", "-c", "cat; echo oh >&2; exit 7"],
      { input: "a\nb" },
    );
    expect(done).toMatchObject({ code: 7, stdout: "a\nb", stderr: "oh\n" });
    expect(await jsonLines("exec", "web-1", "--", "hostname")).toEqual([
      { stream: "stdout", text: "web-1\n" },
      { exit: { code: 0 } },
    ]);
    expect(await run("exec", "web", "--", "true")).toMatchObject({
      code: 1,
      stderr: "constellation: exec: web: the service has 2 instances; choose one: web-0, web-1\n",
    });
    expect(await run("exec", "web-0", "--", "nosuch")).toMatchObject({
      code: 127,
      stderr: expect.stringContaining("nosuch"),
    });
    expect(await run("exec", "web-0", "--", "/etc/hosts")).toMatchObject({
      code: 126,
      stderr: expect.stringContaining("cannot be executed"),
    });
  });

  test("a shell completes names", async () => {
    const asked = async (...words: string[]) => {
      const typed = ["constellation", ...words].map((word) => `'${word}'`).join(" ");
      const line = `eval "$(constellation completion bash)"; COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _constellation; echo "\${COMPREPLY[*]}"`;
      return (await stack.run(["bash", "-c", line])).stdout.trim();
    };
    expect(await asked("logs", "w")).toBe("web web-0 web-1");
    expect(await asked("exec", "-it", "web-1-")).toMatch(/^web-1-\w+$/);
    expect(await asked("describe", "--kind", "s")).toBe("secret service");
    expect(await asked("serv")).toBe("servers services");
  });

  test("somebody else is told that the socket belongs to root", async () => {
    const done = await stack.run([
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "constellation",
      "ps",
    ]);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^constellation: ps: .*agent\.sock: permission denied; run it as root/);
  });

  test("logs -f shows instances that start later, and ends with Ctrl-C", async () => {
    const following = await stack.machine.spawn(["constellation", "logs", "-f", "--tail", "1", "web"], {
      env: stack.environment,
    });
    const text = textOf(following.stdout);
    await until(() => /web-0.* \| line/.test(text()));
    await stack.write(program(3));
    await stack.up();
    await until(() => /web-2-\w+ \| up/.test(text()));
    following.killGroup("SIGINT");
    expect((await following.exited).code).toBe(130);
  });
});

test("a new program runs as it is, on the cluster that is there", async () => {
  const made = await json("new", "hello", "--language", "yaml");
  expect(made).toMatchObject({
    files: ["Pulumi.yaml", "README.md"],
    next: ["pulumi stack init dev", "pulumi up"],
  });
  await writeFile(join(stack.folder, "keep.txt"), "mine");
  expect(await run("new", ".")).toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });
  const go = [
    "pulumi stack init dev",
    "pulumi up --yes --skip-preview",
    "pulumi destroy --yes --skip-preview",
  ];
  const done = await stack.run([
    "sh",
    "-ec",
    `cd ${made.folder}; ${go.map((line) => `${line} --non-interactive`).join("; ")}`,
  ]);
  expect(done).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("constellation:index:Service hello created"),
  });
});
