import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, script } from "../e2e/web.ts";
import { textOf, until } from "./read.ts";

const inTerminal = join(import.meta.dirname, "in-terminal.py");
/** Talks on both outputs, more than once. */
const talk = "echo up >&2; i=0; while sleep 0.1; do i=$((i+1)); echo line $i; done";
const program = (replicas: number) => ({
  resources: {
    local,
    web: script(talk, { replicas, env: { TOKEN: { "fn::secret": "hush-hush" } } }),
    // Begins as the service does, but has no logs.
    "web-code": {
      type: "constellation:ConfigFile",
      properties: { cluster: "${local.access}", content: "x" },
    },
    login: {
      type: "constellation:Secret",
      properties: { cluster: "${local.access}", value: { "fn::secret": "hush-hush" } },
    },
  },
});

let stack: Stack & AsyncDisposable;
const run = (...argv: string[]) => stack.run(["constellation", ...argv]);
const json = async (...argv: string[]) => JSON.parse((await run("--json", ...argv)).stdout);
const jsonLines = async (...argv: string[]) =>
  (await run("--json", ...argv)).stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
/** Keys, sizes and signals played to a command in a terminal of its own. */
const inTerminalOf = async (steps: unknown, ...argv: string[]) =>
  JSON.parse(
    (await stack.run(["python3", inTerminal, "101", "33", JSON.stringify(steps), "constellation", ...argv]))
      .stdout,
  );

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

  test("diagnose tells what can be seen, and what it could not ask", async () => {
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
    expect(await inTerminalOf([["web", { keys: "\u0003" }]], "events", "-f", "--tail", "5")).toMatchObject({
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

  test("exec -it is a shell: sizes, Ctrl-C, the exit code; the terminal is given back", async () => {
    const steps = [
      ["# ", { keys: "stty size\r" }],
      ["33 101", { size: [70, 20] }],
      ["# ", { keys: "sleep 0.3; stty size\r" }],
      ["20 70", { keys: 'echo b""usy; sleep 30\r' }],
      ["busy", { keys: "\u0003" }],
      ["# ", { keys: "exit 5\r" }],
    ];
    const done = await inTerminalOf(steps, "exec", "-it", "web-0", "--", "sh");
    expect(done).toMatchObject({ code: 5, restored: true, stepsLeft: 0 });
    expect(done.output).not.toContain("\r\r\n");
    const killed = await inTerminalOf(
      [["here", { signal: 15 }]],
      "exec",
      "-it",
      "web-0",
      "--",
      "sh",
      "-c",
      "echo here; sleep 31",
    );
    expect(killed).toMatchObject({ code: 130, restored: true });
  });

  test("a terminal that does not know its size is 80 by 24, and cuts no tables", async () => {
    const unsized = async (...argv: string[]) =>
      JSON.parse(
        (await stack.run(["python3", inTerminal, "0", "0", "[]", "constellation", "--no-color", ...argv]))
          .stdout,
      );
    expect(await unsized("ps")).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^INSTANCE .*IMAGE\r\nweb-0-\w+ +running/),
    });
    expect(await unsized("exec", "-it", "web-0", "--", "stty", "size")).toMatchObject({
      code: 0,
      output: expect.stringContaining("24 80"),
    });
  });

  test("Ctrl-C without a terminal inside ends the command there", async () => {
    const ended = await inTerminalOf(
      [["here", { keys: "\u0003" }]],
      "exec",
      "-i",
      "web-0",
      "--",
      "sh",
      "-c",
      "echo here; exec sleep 32",
    );
    expect(ended).toMatchObject({ code: 130 });
    await until(async () => (await run("exec", "web-0", "--", "pgrep", "-f", "sleep 32")).code !== 0);
  });

  test("a passphrase that is asked for does not appear, however quickly it is typed", async () => {
    const phrase = { keys: "a long passphrase\r" };
    const steps = [
      ["passphrase: ", phrase],
      ["the same again: ", phrase],
    ];
    const done = await inTerminalOf(steps, "backup", "asked.backup");
    expect(done).toMatchObject({ code: 0, restored: true, stepsLeft: 0 });
    expect(done.output).toMatch(/^passphrase: \r\nthe same again: \r\nbacked up cluster local/);
    const left = await inTerminalOf([["passphrase: ", { keys: "\u0003" }]], "backup", "asked.backup");
    expect(left).toMatchObject({ code: 130, restored: true });
  });

  test("top shows what instances use: once in a pipe, live on a terminal until q, which gives it back", async () => {
    const busy = "timeout 20 sh -c 'while :; do :; done'";
    const burning = await stack.machine.spawn(["constellation", "exec", "web-1", "--", "sh", "-c", busy], {
      env: stack.environment,
    });
    const looks = async (...argv: string[]) => await jsonLines("top", "--interval", "500ms", ...argv);
    await until(async () => {
      const [look] = await looks("--service", "web");
      const [first, second] = look.instances;
      return first.name === "web-1" && first.cpuPercent > 20 && second.name === "web-0";
    });
    const [look, ...more] = await looks("--count", "2", "--sort", "name");
    expect(more).toHaveLength(1);
    expect(look.hosts).toMatchObject([{ cores: expect.any(Number), memoryBytes: expect.any(Number) }]);
    for (const instance of look.instances) {
      expect(instance).toMatchObject({
        name: expect.stringMatching(/^web-[01]$/),
        restarts: expect.any(Number),
      });
      expect(instance.memoryBytes).toBeGreaterThan(100_000);
      expect(instance.memoryBytes).toBeLessThan(100_000_000);
      expect(instance.pids).toBeGreaterThanOrEqual(2);
    }
    await run("exec", "web-0", "--", "nslookup", "web.default.internal");
    const asker = (await stack.client().stats()).items.find(({ name }) => name === "web-0");
    expect(Math.min(asker?.sentBytes ?? 0, asker?.receivedBytes ?? 0)).toBeGreaterThan(50);
    expect((await run("top", "-n", "empty")).stdout).toMatch(/0 instances\n\nINSTANCE +CPU/);
    const table = (await run("top", "--interval", "500ms")).stdout;
    expect(table).toMatch(/^machine +cpu [\d.]+% of \d+% .*2 instances\n\nINSTANCE +CPU .*\nweb-1-/);

    const live = await inTerminalOf(
      [
        ["web-1-", { size: [60, 20] }],
        ["web-1-", { keys: "q" }],
      ],
      ...["top", "--interval", "200ms"],
    );
    expect(live).toMatchObject({ code: 0, restored: true, stepsLeft: 0 });
    expect(live.output.endsWith("\u001b[?1049l")).toBe(true);
    const interrupted = await inTerminalOf([["web-1-", { keys: "\u0003" }]], "top", "--interval", "60m");
    expect(interrupted).toMatchObject({ code: 0, restored: true });
    burning.killGroup("SIGKILL");
    await burning.exited;
  });

  test("diagnose tells everything but secrets, in files that say where they are from", async () => {
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
    expect(files[logs]).toMatch(/API_TOKEN=\[secret]\n.*https:\/\/me:\[removed]@registry/);
    expect(JSON.parse(files["machine/status.json"] ?? "")).toMatchObject({
      processes: ["guard", "agent", "etcd", "dnsmasq"].map((name) => ({ name, pid: expect.any(Number) })),
      monitors: 2,
    });
    expect(JSON.parse(files["machine/status.json"] ?? "").trouble).toBeUndefined();
    const listed = await stack.run(["sh", "-c", "constellation diagnose -o - | tar -tz"]);
    expect(listed.stdout).toMatch(/^constellation-machine-\w+\/manifest\.json\n/);
    expect(listed.stdout).not.toContain("instance-logs");
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
    expect(await asked("serv")).toBe("services");
  });

  test("colours and cuts are for terminals alone", async () => {
    const shown = await stack.run([
      "env",
      "-u",
      "NO_COLOR",
      "python3",
      inTerminal,
      "36",
      "20",
      "[]",
      "constellation",
      "ps",
    ]);
    const { output } = JSON.parse(shown.stdout);
    expect(output).toContain("\u001b[32mrunning");
    expect(output).toContain("…");
    expect((await stack.run(["env", "-u", "NO_COLOR", "constellation", "ps"])).stdout).not.toContain(
      "\u001b",
    );
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

test("where guard, agent and store were killed: diagnose still tells, and up brings them back", async () => {
  const ours = stack.machine
    .processes()
    .filter(({ command }) => /constellation-guard|dist\/agent\/main\.js run|etcd/.test(command));
  await stack.run(["kill", "-9", ...ours.map(({ pid }) => String(pid))]);
  const { files, text, manifest } = await diagnosed("dead.tar.gz");
  expect(text).not.toContain("hush-hush");
  expect(manifest.failed.map(({ name }) => name)).toContain("cluster/instances.json");
  expect(JSON.parse(files["machine/status.json"] ?? "")).toMatchObject({
    monitors: 3,
    trouble: { problem: "the agent does not run", fix: "start it: constellation-agent up" },
  });
  expect(JSON.parse(files["machine/instances.json"] ?? "")).toHaveLength(3);
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
