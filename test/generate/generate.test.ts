import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "..", "..");
const run = promisify(execFile);
const timeout = 60_000;
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "generate-"));
});

afterAll(() => rmSync(home, { recursive: true }));

test("nothing that is generated is stale", async () => {
  const { stderr } = await run(process.execPath, ["tools/generate.ts", "--check"], { cwd: root, timeout });
  expect(stderr).toBe("");
});

test("Pulumi accepts the schema", async () => {
  const env = {
    ...process.env,
    PATH: [join(root, "dist", "tools"), process.env.PATH].join(delimiter),
    PULUMI_HOME: home,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const { stdout, stderr } = await run("pulumi", ["schema", "check", "provider/schema.json"], {
    cwd: root,
    env,
    timeout,
  });
  expect(`${stdout}${stderr}`).toBe("");
});

test("the Python SDK is Python", async () => {
  const env = { ...process.env, PYTHONPYCACHEPREFIX: home };
  await run("python3", ["-m", "compileall", "-q", "sdk/python/pulumi_constellation"], {
    cwd: root,
    env,
    timeout,
  });
});
