import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ConstellationError } from "../contract/index.ts";
import { failureExitCode, failureLines } from "./failure.ts";
import { runProgram } from "./program.ts";
import { type GlobalOptions, type Session, UsageError } from "./session/index.ts";
import { version } from "./version.ts";

async function run(...argv: string[]) {
  const texts: string[] = [];
  let options: GlobalOptions | undefined;
  const write = (text: string) => void texts.push(text);
  const output = {
    write: async (text: string) => write(text),
    json: async (value: unknown) => write(JSON.stringify(value)),
  };
  const start = (given: GlobalOptions) => {
    options = given;
    return { isJson: given.json === true, output, close: () => undefined } as unknown as Session;
  };
  const code = await runProgram(argv, { start, write, writeError: write });
  return { code, options, written: texts.join("") };
}

test("global options are taken before and after the command", async () => {
  expect(
    (await run("--root", "/a", "-n", "x", "completion", "bash", "-n", "y", "--no-color")).options,
  ).toEqual({
    ...{ root: "/a", namespace: "y", color: false },
  });
  expect((await run("--json", "completion", "fish")).written).toContain('"shell":"fish"');
});

test.each(["--help", "-h", "help"])("%s is no failure", async (word) => {
  expect(await run(word)).toMatchObject({ code: 0, written: expect.stringContaining("describe") });
});

test("a command's help shows its examples", async () => {
  expect((await run("logs", "--help")).written).toContain("constellation logs -f --tail 10 web");
});

test("nothing typed is typed wrong", async () => {
  expect((await run()).code).toBe(2);
});

test("its version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"));
  expect(version).toBe(manifest.version);
  expect((await run("--version")).written).toBe(`${version}\n`);
});

describe("what is typed wrong", () => {
  test.each([
    [["pss"], "unknown command 'pss' (Did you mean ps?)"],
    [["ps", "--tale"], "unknown option '--tale'"],
    [["logs"], "missing required argument 'name'"],
    [["logs", "--tail", "-3", "web"], "is no count"],
    [["completion", "powershell"], "choose bash, zsh, fish"],
    [["exec", "web-0", "ls", "-la"], "put -- before the command"],
  ])("%j", async (argv, message) => {
    await expect(run(...argv)).rejects.toThrow(UsageError);
    await expect(run(...argv)).rejects.toThrow(message);
  });
});

describe("a failure is told", () => {
  const error = new ConstellationError("invalid", "check Service web: 1 mistake", {
    violations: [{ path: "ports[0].port", reason: "must be at most 65535" }],
  });

  test("in a line, then field by field", () => {
    expect(failureLines(error, ["-n", "x", "ps"])).toEqual([
      "constellation: ps: check Service web: 1 mistake",
      "  ports[0].port: must be at most 65535",
    ]);
    expect(failureLines(new UsageError("no"), ["ps"])).toEqual([
      "constellation: ps: no",
      "see: constellation ps --help",
    ]);
    expect(failureLines(new Error("odd \u001b[2J"), [])).toEqual(["constellation: odd \\x1b[2J"]);
  });

  test.each([
    [error, 1],
    [new Error("odd"), 1],
    [new UsageError("no"), 2],
    [new ConstellationError("command-missing", "no"), 127],
    [new ConstellationError("command-invalid", "no"), 126],
  ])("%s: exit code %d", (failure, code) => {
    expect(failureExitCode(failure)).toBe(code);
  });

  test("with --json as the API tells it, but not with another program's --json", () => {
    const told = { error: { code: "invalid", message: error.message, violations: error.violations } };
    expect(failureLines(error, ["ps", "--json"]).map((line) => JSON.parse(line))).toEqual([told]);
    expect(failureLines(error, ["exec", "web", "--", "x", "--json"])[0]).toMatch(/^constellation: exec: /);
  });
});
