import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Stack, startStack } from "../e2e/stack.ts";
import { commandsOn, program, terminalOf } from "./commands.ts";
import { until } from "./read.ts";

let stack: Stack & AsyncDisposable;
const { run, jsonLines, inTerminal } = commandsOn(() => stack);

beforeAll(async () => {
  stack = await startStack("terminal");
  await stack.write(program(2));
  await stack.up();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
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
  const done = await inTerminal(steps, "exec", "-it", "web-0", "--", "sh");
  expect(done).toMatchObject({ code: 5, restored: true, stepsLeft: 0 });
  expect(done.output).not.toContain("\r\r\n");
  const killed = await inTerminal(
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
    JSON.parse((await stack.run([...terminalOf(0, 0), "[]", "constellation", "--no-color", ...argv])).stdout);
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
  const ended = await inTerminal(
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
  const done = await inTerminal(steps, "backup", "asked.backup");
  expect(done).toMatchObject({ code: 0, restored: true, stepsLeft: 0 });
  expect(done.output).toMatch(/^passphrase: \r\nthe same again: \r\nbacked up cluster local/);
  const left = await inTerminal([["passphrase: ", { keys: "\u0003" }]], "backup", "asked.backup");
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

  const live = await inTerminal(
    [
      ["web-1-", { size: [60, 20] }],
      ["web-1-", { keys: "q" }],
    ],
    ...["top", "--interval", "200ms"],
  );
  expect(live).toMatchObject({ code: 0, restored: true, stepsLeft: 0 });
  expect(live.output.endsWith("\u001b[?1049l")).toBe(true);
  const interrupted = await inTerminal([["web-1-", { keys: "\u0003" }]], "top", "--interval", "60m");
  expect(interrupted).toMatchObject({ code: 0, restored: true });
  burning.killGroup("SIGKILL");
  await burning.exited;
});

test("colours and cuts are for terminals alone", async () => {
  const shown = await stack.run([
    "env",
    "-u",
    "NO_COLOR",
    ...terminalOf(36, 20),
    "[]",
    "constellation",
    "ps",
  ]);
  const { output } = JSON.parse(shown.stdout);
  expect(output).toContain("\u001b[32mrunning");
  expect(output).toContain("…");
  expect((await stack.run(["env", "-u", "NO_COLOR", "constellation", "ps"])).stdout).not.toContain("\u001b");
});
