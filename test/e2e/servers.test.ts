import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Host, Lab } from "../lab/index.ts";
import { type BareHosts, bareHostsMs, publishedWeb, remainsOn, startBareHosts } from "./bare-hosts.ts";
import { startLoad } from "./load.ts";
import { otherKit } from "./other-kit.ts";
import { type Program, pluginsOf, type ResourceSpec, type Stack } from "./stack.ts";

let bare: BareHosts;
let here: Lab;
let stack: Stack;

beforeAll(async () => {
  bare = await startBareHosts("servers", 6);
  ({ lab: here, stack } = bare);
  for (const { number, output } of here.hosts)
    await output(["sh", "-c", `echo ${`${number}`.padStart(32, "0")} > /etc/machine-id`]);
}, bareHostsMs);
afterAll(async () => await bare?.[Symbol.asyncDispose]());

/** The lab's switch is within the usual range. */
const network = { cidr: "10.96.0.0/12" };

/** @param hosts of the lab, by the names their servers are to have */
function cluster(hosts: Readonly<Record<string, number>>, more: object = {}): ResourceSpec {
  const servers = Object.entries(hosts).map(([name, number]) => [name, { ssh: bare.sshOf(number) }]);
  return {
    type: "constellation:Cluster",
    properties: { servers: Object.fromEntries(servers), network, ...more },
  };
}
const program = (hosts: Readonly<Record<string, number>>, more: object = {}): Program => ({
  resources: { all: cluster(hosts, more) },
  outputs: { access: "${all.access}" },
});
/** With a host beside the servers, and a service on all of them. @param bin of the provider; this clone's by default */
const inUse = (hosts: Readonly<Record<string, number>>, worker: number, bin?: string): Program => ({
  resources: {
    all: cluster(hosts),
    w: { type: "constellation:Host", properties: { cluster: "${all.access}", ssh: bare.sshOf(worker) } },
    web: {
      ...publishedWeb("all", {
        replicas: 4,
        healthCheck: { http: { path: "/hostname", port: 8000 } },
      }),
      options: { dependsOn: ["${w}"] },
    },
  },
  ...(bin === undefined ? {} : { plugins: pluginsOf(bin) }),
});

/** As a server's own agent lists them. */
async function serversOf(host: Host): Promise<string[]> {
  const said = await host.output(["/opt/constellation/bin/constellation", "servers", "--json"]);
  const { items } = JSON.parse(said) as { items: { name: string; role: string; isHealthy: boolean }[] };
  return items.map(({ name, role, isHealthy }) => `${name} ${isHealthy ? role : "silent"}`).sort();
}
const voters = (...names: string[]) => names.map((name) => `${name} voter`);
/** When the program in use there was last changed, in milliseconds: as the last part of an upgrade. */
const linkedAt = async (host: Host) =>
  Number(await host.output(["stat", "-c", "%.3Y", "/opt/constellation/bin/constellation-agent"])) * 1_000;

test("an even number is refused with its path, before anything is touched", async () => {
  await stack.write(program({ a: 1, b: 2 }));
  expect(await stack.failingUp()).toMatch(/servers: must be 1, 3 or 5, not 2: an even number survives/);
  expect(await remainsOn(here.host(1))).toEqual([]);
});

test("the only server cannot change machines under its name: an up says so, and nothing of it is recorded", async () => {
  await stack.write(program({ a: 1 }));
  await stack.up();
  await stack.write(program({ a: 2 }));
  expect(await stack.failingUp()).toMatch(/remove server a: it is the only one; name another one beside it/);
  await stack.write(program({ a: 1 }));
  expect(await stack.preview()).toEqual([]);
  expect(await serversOf(here.host(1))).toEqual(voters("a"));
});

test("one server becomes three in place, each step shown, and nothing else changes", async () => {
  await stack.write(program({ a: 1, b: 2, c: 3 }));
  expect(await stack.preview()).toMatchObject([{ op: "update", urn: expect.stringMatching(/::all$/) }]);
  const { stdout } = await stack.up();
  for (const name of ["b", "c"])
    expect(stdout).toMatch(new RegExp(`server ${name} keeps the cluster's state from now on`));
  expect(await serversOf(here.host(2))).toEqual(voters("a", "b", "c"));
  expect(await stack.preview()).toEqual([]);
});

test("kill of the first server: others answer a refresh, another machine takes its place, and two more make five; within 90 s", async () => {
  await here.host(1).kill();
  expect((await stack.refresh()).stdout).not.toMatch(/deleted|updated/);
  await stack.write(program({ b: 2, c: 3, d: 4, e: 5, f: 6 }));
  const { stdout } = await stack.up();
  expect(stdout).toMatch(/server a was removed: it is not wanted any more, and does not answer/);
  for (const name of ["d", "e", "f"])
    expect(stdout).toMatch(new RegExp(`server ${name} keeps the cluster's state from now on`));
  expect(await serversOf(here.host(4))).toEqual(voters("b", "c", "d", "e", "f"));
});

test("five become three in place, each step shown, and who goes is left as it was", async () => {
  await stack.write(program({ b: 2, c: 3, d: 4 }));
  const { stdout } = await stack.up();
  for (const name of ["e", "f"])
    expect(stdout).toMatch(new RegExp(`server ${name} was removed: it is not wanted any more`));
  expect(await serversOf(here.host(2))).toEqual(voters("b", "c", "d"));
  for (const number of [5, 6]) expect(await remainsOn(here.host(number))).toEqual([]);
  expect(await stack.preview()).toEqual([]);
});

test("a cluster that the state has lost is imported by the login of any server, and goes on as it is", async () => {
  await stack.pulumi(
    "state",
    "delete",
    "urn:pulumi:test::servers::constellation:index:Cluster::all",
    "--yes",
  );
  const words = ["constellation:index:Cluster", "all", `ssh://root@${here.host(3).address}`];
  const options = [
    "--yes",
    "--skip-preview",
    "--protect=false",
    "--generate-code=false",
    "--non-interactive",
  ];
  const script = `chmod 600 "$0" && ssh-add -q "$0" && exec pulumi import "$@"`;
  const imported = await stack.run(["ssh-agent", "sh", "-c", script, here.keyFile, ...words, ...options]);
  expect(imported).toMatchObject({ code: 0 });
  // Its logins are the program's alone.
  expect(await stack.preview()).toMatchObject([{ op: "update", urn: expect.stringMatching(/::all$/) }]);
});

test("the next release: the servers get it one after the other, then the host, and no request fails", async () => {
  const servers = { b: 2, c: 3, d: 4 };
  await stack.write(inUse(servers, 5));
  await stack.up();
  const { bin } = otherKit(join(here.machine.root, "next"), "0.2.0");
  await stack.write(inUse(servers, 5, bin));
  const load = await startLoad(here.machine, `http://${here.host(2).address}:8000/hostname`, {
    perSecond: 20,
  });
  const { stdout } = await stack.up();
  const { failures, answered } = await load.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
  for (const name of ["server b: ", "server c: ", "server d: ", ""])
    expect(stdout).toContain(`${name}agent upgraded from 0.1.0 to 0.2.0`);
  const upgraded = await Promise.all([2, 3, 4, 5].map((number) => linkedAt(here.host(number))));
  expect(upgraded).toEqual([...upgraded].sort((one, other) => one - other));
  expect(await stack.preview()).toEqual([]);
});

test("destroy while one of three is dead: refused, and by force without a trace on those that live; within 90 s", async () => {
  await here.host(4).kill();
  const { code, stdout, stderr } = await stack.pulumi("destroy", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/no answer.*; where the machine is gone for good, set forceDestroy/);
  expect(await serversOf(here.host(2))).toEqual(["b voter", "c voter", "d silent"]);
  await stack.write(program({ b: 2, c: 3, d: 4 }, { forceDestroy: true }));
  expect((await stack.up()).stdout).toMatch(/server d: .*no answer/);
  expect((await stack.destroy()).stdout).toMatch(/no answer.*: what is on it stays/);
  for (const number of [2, 3, 5]) expect(await remainsOn(here.host(number))).toEqual([]);
});
