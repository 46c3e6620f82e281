import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { addStack, type ResourceSpec, type Stack, startStack } from "../e2e/stack.ts";
import { local, script, web } from "../e2e/web.ts";

let one: Stack & AsyncDisposable;
let other: Stack;

beforeAll(async () => {
  one = await startStack("one");
  await one.write({ resources: { local } });
  await one.up();
  other = await addStack(one.machine, "other");
});
afterAll(async () => await one?.[Symbol.asyncDispose]());

/** Of a stack that uses the cluster of another one: the agent of this machine. */
function guest({ type, properties }: ResourceSpec): ResourceSpec {
  const { cluster: _, ...rest } = properties ?? {};
  return { type, properties: rest };
}

const running = async (stack: Stack, service: string) =>
  (await stack.client().listInstances({ service })).map(({ id, healthy }) => ({ id, healthy }));

test("two ups of one stack at once: the second is told of the lock and changes nothing, the first goes on; at once", async () => {
  const gate = join(one.machine.root, "gate");
  await mkdir(gate, { recursive: true });
  await rm(join(gate, "open"), { force: true });
  const gated = script("while ! test -e /gate/open; do sleep 0.05; done; exec httpd -f -p 8000 -h /etc", {
    mounts: [{ hostPath: { path: gate }, target: "/gate", readOnly: true }],
    healthCheck: { http: { path: "/hostname", port: 8000 } },
  });
  await one.write({ resources: { local, gated } });
  const { environment: env, folder: cwd, machine } = one;
  const argv = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];
  const first = await machine.spawn(argv, { cwd, env });
  await until("the first up to wait", async () => (await running(one, "gated")).length === 1 || undefined);
  const before = await running(one, "gated");
  expect(await one.failingUp()).toMatch(/the stack is currently locked by 1 lock/);
  expect(await running(one, "gated")).toEqual(before);
  await writeFile(join(gate, "open"), "");
  const [said, { code }] = await Promise.all([text(first.stdout as Readable), first.exited]);
  expect({ said, code }).toMatchObject({ code: 0 });
  expect(await running(one, "gated")).toEqual(before.map(({ id }) => ({ id, healthy: true })));
});

test("two ups of two stacks with a service of the same name: one owns it, the other is refused with what to do; at once", async () => {
  await one.write({ resources: { local, shared: web() } });
  await other.write({ resources: { shared: guest(web({ replicas: 2 })) } });
  const outcomes = await Promise.all(
    [one, other].map((stack) => stack.pulumi("up", "--yes", "--skip-preview")),
  );
  expect(outcomes.map(({ code }) => code === 0).sort()).toEqual([false, true]);
  const refused = outcomes.find(({ code }) => code !== 0);
  expect(`${refused?.stdout}${refused?.stderr}`).toMatch(
    /shared exists, created by .*import it or choose another name/,
  );
  const winner = outcomes[0]?.code === 0 ? 1 : 2;
  expect(await running(one, "shared")).toHaveLength(winner);
});

test("two ups of two stacks with services of their own: both end as wanted, each service once; within 60 s", async () => {
  await one.write({ resources: { local, red: web({ replicas: 2 }), blue: web() } });
  await other.write({ resources: { green: guest(web({ replicas: 2 })), grey: guest(web()) } });
  await Promise.all([one.up(), other.up()]);
  const counts = await Promise.all(["red", "blue", "green", "grey"].map((name) => running(one, name)));
  expect(counts.map((instances) => instances.filter(({ healthy }) => healthy).length)).toEqual([2, 1, 2, 1]);
  expect(counts.flat()).toHaveLength(6);
  expect([await one.preview(), await other.preview()]).toEqual([[], []]);
});
