import { closeSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { agentPaths } from "../../contract/index.ts";
import { until } from "../cli/read.ts";
import { type Stack, startStack } from "../e2e/stack.ts";
import { local, script, web } from "../e2e/web.ts";
import { follow, readSections } from "./follow.ts";

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("trouble");
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

/** What has to be wrong before a section's commands are run. */
const troubles: Readonly<Record<string, () => Promise<void>>> = {
  "The store is damaged": async () => {
    await stack.write({ resources: { local, web: web() } });
    await stack.up();
    await writeFile(join(stack.folder, "passphrase"), "a long passphrase\n");
    await stack.run(["constellation", "backup", "--passphrase-file", "passphrase", "cluster.backup"]);
    damageStore(join(agentPaths(stack.agentRoot).stateDir, "etcd", "member", "wal"));
    const ours = stack.machine
      .processes()
      .filter(
        ({ command }) => /main\.js run|--data-dir=/.test(command) && !/constellation-guard/.test(command),
      );
    await stack.run(["kill", "-9", ...ours.map(({ pid }) => String(pid))]);
    await until(async () => (await stack.run(["constellation-agent", "status"])).stdout.includes("damaged"));
  },
  "A service does not become healthy": () =>
    stack.write({ resources: { local, web: web(), broken: script("echo no database; exit 3") } }),
  "A published port is taken": () =>
    stack.write({ resources: { local, web: web({ ports: [{ port: 8000, publish: 18090 }] }) } }),
};

describe("docs/guides/troubleshooting.md", () => {
  const sections = readSections("troubleshooting");

  test.each(sections)("$title", async ({ title, steps }) => {
    await troubles[title]?.();
    const options = { cwd: stack.folder, env: { ...stack.environment }, timeoutMs: 100_000 };
    await follow(stack.machine, steps, options);
  });
});

/** Overwrites some bytes in the middle of what is written of the log ahead; etcd allots more, all zeros. */
function damageStore(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".wal"))) {
    const bytes = readFileSync(join(folder, name));
    const middle = Math.floor(bytes.findLastIndex((byte) => byte !== 0) / 2);
    const file = openSync(join(folder, name), "r+");
    writeSync(file, Buffer.alloc(64, 0xaa), 0, 64, middle);
    closeSync(file);
  }
}
