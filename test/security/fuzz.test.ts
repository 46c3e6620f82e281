import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { schemathesisPython } from "../../tools/lib/places.mjs";
import { type AgentMachine, startAgentMachine } from "./agent.ts";

jest.setTimeout(400_000);

const bounds = {
  /** Many times the usual half a minute. */
  runMs: 360_000,
  /** The agent's, after some thousand requests, of which some come with 1 MiB; in KiB. */
  residentKb: 300 * 1024,
};

/**
 * What is fuzzed, and not: commands need a WebSocket, images a registry. Text that must read as a quantity, a range of
 * addresses or an image's name is more than a schema tells: what fits the schema alone may still be refused with 422.
 */
const options = [
  ...["--exclude-operation-id", "exec", "--exclude-operation-id", "resolveImage"],
  ...["--exclude-checks", "positive_data_acceptance", "--warnings", "off"],
  ...["--phases", "examples,coverage,fuzzing,stateful", "--seed", "1", "--max-examples", "40"],
  ...["--continue-on-failure", "--no-shrink", "--request-timeout", "20"],
];
const start = "from schemathesis.cli import schemathesis; schemathesis()";

let at: AgentMachine;
let port: number;
beforeAll(async () => {
  at = await startAgentMachine();
  const relay = await at.machine.spawn([
    process.execPath,
    join(import.meta.dirname, "relay.ts"),
    at.paths.socket,
  ]);
  const [said] = await once(relay.stdout as NodeJS.ReadableStream, "data");
  port = JSON.parse(String(said)).port;
});
afterAll(async () => await at?.[Symbol.asyncDispose]());

test("no request that schemathesis makes of the OpenAPI crashes the agent or gets an answer that it does not allow", async () => {
  const pid = await at.agentPid();
  const url = `http://127.0.0.1:${port}`;
  const command = [
    schemathesisPython,
    "-c",
    start,
    "run",
    `${url}/v1/openapi.json`,
    "--url",
    url,
    ...options,
  ];
  const hooks = { SCHEMATHESIS_HOOKS: "api_hooks", PYTHONPATH: join(import.meta.dirname, "hooks") };
  const plain = { PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1", HOME: at.machine.root };
  const done = await at.machine.run(command, {
    cwd: at.machine.root,
    env: { ...at.env, ...hooks, ...plain },
    timeoutMs: bounds.runMs,
  });
  if (done.code !== 0) throw new Error(done.stdout.slice(-10_000) + done.stderr);
  expect(Number(/(\d+) generated, \1 passed/.exec(done.stdout)?.[1])).toBeGreaterThan(1_000);

  expect(await at.agentPid()).toBe(pid);
  const status = await at.machine.output(["cat", `/proc/${pid}/status`]);
  expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(bounds.residentKb);
  expect(readFileSync(join(at.paths.stateDir, "agent.log"), "utf8")).not.toContain("a request failed");
});
