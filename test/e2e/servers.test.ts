import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ensureKit } from "../../tools/kit/index.ts";
import { thisArch } from "../../tools/kit/platform.ts";
import { type Host, type Lab, lab } from "../lab/index.ts";
import { addStack, type Program, type ResourceSpec, type Stack } from "./stack.ts";

let here: Lab;
let stack: Stack;
let privateKey: unknown;

beforeAll(async () => {
  await ensureKit(thisArch);
  here = await lab.up(4, { flavour: "debian" });
  for (const { number, output } of here.hosts)
    await output(["sh", "-c", `echo ${`${number}`.padStart(32, "0")} > /etc/machine-id`]);
  stack = await addStack(here.machine, "servers");
  privateKey = { "fn::secret": readFileSync(here.keyFile, "utf8") };
}, 600_000);
afterAll(async () => {
  await here?.down();
});

/** The lab's switch is within the usual range. */
const network = { cidr: "10.96.0.0/12" };

/** @param hosts of the lab, by the names their servers are to have */
function cluster(hosts: Readonly<Record<string, number>>): ResourceSpec {
  const servers = Object.entries(hosts).map(([name, number]) => [
    name,
    { ssh: { address: here.host(number).address, privateKey } },
  ]);
  return {
    type: "constellation:Cluster",
    properties: { servers: Object.fromEntries(servers), network },
  };
}
const program = (hosts: Readonly<Record<string, number>>): Program => ({
  resources: { all: cluster(hosts) },
  outputs: { access: "${all.access}" },
});

/** As a server's own agent lists them. */
async function serversOf(host: Host): Promise<string[]> {
  const said = await host.output(["/opt/constellation/bin/constellation", "servers", "--json"]);
  const { items } = JSON.parse(said) as { items: { name: string; role: string; isHealthy: boolean }[] };
  return items.map(({ name, role, isHealthy }) => `${name} ${isHealthy ? role : "silent"}`).sort();
}
const voters = (...names: string[]) => names.map((name) => `${name} voter`);
/** Everything of ours that a machine holds. */
const remains = async (host: Host) =>
  (
    await host.run(["find", "/opt", "/var/lib/constellation", "/run/constellation", "-mindepth", "1"])
  ).stdout.trim();

test("an even number is refused with its path, before anything is touched", async () => {
  await stack.write(program({ a: 1, b: 2 }));
  expect(await stack.failingUp()).toMatch(/servers: must be 1, 3 or 5, not 2: an even number survives/);
  expect(await remains(here.host(1))).toBe("");
});

test("one server becomes three in place, each step shown, and nothing else changes", async () => {
  await stack.write(program({ a: 1 }));
  await stack.up();
  await stack.write(program({ a: 1, b: 2, c: 3 }));
  expect(await stack.preview()).toMatchObject([{ op: "update", urn: expect.stringMatching(/::all$/) }]);
  const { stdout } = await stack.up();
  for (const name of ["b", "c"]) {
    expect(stdout).toMatch(new RegExp(`server ${name} keeps the cluster's state from now on`));
  }
  expect(await serversOf(here.host(2))).toEqual(voters("a", "b", "c"));
  expect(await stack.preview()).toEqual([]);
});

test("kill of the first server: others answer a refresh in its place, and another machine takes its place; within 90 s", async () => {
  await here.host(1).kill();
  expect((await stack.refresh()).stdout).not.toMatch(/deleted|updated/);
  await stack.write(program({ b: 2, c: 3, d: 4 }));
  const { stdout } = await stack.up();
  expect(stdout).toMatch(/server a was removed: it is not wanted any more, and does not answer/);
  expect(stdout).toMatch(/server d keeps the cluster's state from now on/);
  expect(await serversOf(here.host(4))).toEqual(voters("b", "c", "d"));
  expect(await stack.preview()).toEqual([]);
});

test("three become one in place, and who goes is left as it was", async () => {
  await stack.write(program({ d: 4 }));
  const { stdout } = await stack.up();
  for (const name of ["b", "c"])
    expect(stdout).toMatch(new RegExp(`server ${name} was removed: it is not wanted any more`));
  expect(await serversOf(here.host(4))).toEqual(voters("d"));
  for (const number of [2, 3]) expect(await remains(here.host(number))).toBe("");
  expect(await stack.preview()).toEqual([]);
});

test("the only server cannot change machines under its name: an up says so, and nothing of it is recorded", async () => {
  await stack.write(program({ d: 3 }));
  expect(await stack.failingUp()).toMatch(/remove server d: it is the only one; name another one beside it/);
  await stack.write(program({ d: 4 }));
  expect(await stack.preview()).toEqual([]);
  expect(await serversOf(here.host(4))).toEqual(voters("d"));
});

test("destroy takes all three down, without a trace", async () => {
  await stack.write(program({ b: 2, c: 3, d: 4 }));
  await stack.up();
  await stack.destroy();
  for (const number of [2, 3, 4]) expect(await remains(here.host(number))).toBe("");
});
