import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Instance } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import type { Host, Lab } from "../lab/index.ts";
import {
  type BareHosts,
  bareHostsMs,
  changeHostKey,
  publishedWeb,
  remainsOn,
  startBareHosts,
} from "./bare-hosts.ts";
import { startLoad } from "./load.ts";
import type { Program, ResourceSpec, Stack } from "./stack.ts";

let bare: BareHosts;
let here: Lab;
let stack: Stack;

beforeAll(async () => {
  bare = await startBareHosts("hosts", 2);
  ({ lab: here, stack } = bare);
  await here.add({ flavour: "debian-openrc" });
}, bareHostsMs);
afterAll(async () => await bare?.[Symbol.asyncDispose]());

const worker = (number: number, more: Record<string, unknown> = {}, options = {}): ResourceSpec => ({
  type: "constellation:Host",
  properties: { cluster: "${far.access}", ssh: bare.sshOf(number), ...more },
  options,
});
const program = (workers: Record<string, ResourceSpec>): Program => ({
  resources: {
    far: {
      type: "constellation:Cluster",
      properties: { servers: { one: { ssh: bare.sshOf(1) } } },
    },
    ...workers,
    web: {
      ...publishedWeb("far", {
        replicas: 3,
        healthCheck: { http: { path: "/hostname", port: 8000 } },
      }),
      options: { dependsOn: Object.keys(workers).map((name) => `\${${name}}`) },
    },
  },
  outputs: { access: "${far.access}" },
});

/** Somebody's program on two of a cluster's ports. @returns its process */
async function listenOn(host: Host): Promise<string> {
  const listen = `socket(my $t, AF_INET, SOCK_STREAM, 0); bind($t, sockaddr_in(7443, INADDR_ANY)) or die; listen($t, 1);
    socket(my $u, AF_INET, SOCK_DGRAM, 0); bind($u, sockaddr_in(7445, INADDR_ANY)) or die;
    if (my $pid = fork) { print $pid; exit } close STDIN; close STDOUT; close STDERR; sleep 600`;
  return await host.output(["perl", "-MSocket", "-e", listen]);
}

/** The command on the server, as somebody who works there has it. */
const on = async (host: Host, ...words: string[]) =>
  await host.run(["/opt/constellation/bin/constellation", ...words]);
const agentOn = async (host: Host, ...given: (string | { input: string })[]) => {
  const words = given.filter((word) => typeof word === "string");
  const options = given.find((word) => typeof word === "object");
  return await host.output(["/opt/constellation/bin/constellation-agent", ...words], options);
};
const hosts = async (): Promise<Record<string, Record<string, unknown>>> => {
  const { items } = JSON.parse((await on(here.host(1), "hosts", "--json")).stdout);
  return Object.fromEntries(items.map((host: { name: string }) => [host.name, host]));
};
const placed = async () => {
  const { items } = JSON.parse((await on(here.host(1), "ps", "--json")).stdout) as { items: Instance[] };
  return items.filter(({ state }) => state === "running").map(({ host }) => host);
};
const isSpread = async (...names: string[]) =>
  await until(`one instance on each of ${names}`, async () => {
    const found = (await placed()).sort();
    return found.length === 3 && new Set(found).size === names.length ? true : undefined;
  });
const unchanged = async () => {
  expect(await stack.preview()).toEqual([]);
  expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
};
const load = async () =>
  await startLoad(here.machine, `http://${here.host(1).address}:8000/hostname`, { perSecond: 20 });

describe("hosts of a cluster, over SSH", () => {
  test("a preview tells mistakes with their path, looks at the machines, and touches none", async () => {
    const mistaken = { labels: { "host.zone": "a" }, onDelete: { timeout: "soon" } };
    await stack.write(program({ two: worker(2, mistaken), three: worker(3) }));
    const said = (await stack.pulumi("preview")).stdout;
    expect(said).toMatch(/labels.*begins with host\./);
    expect(said).toMatch(/onDelete\.timeout/);
    expect(said).not.toContain("PRIVATE KEY");
    await stack.write(program({ two: worker(2), three: worker(3) }));
    const pid = await listenOn(here.host(1));
    expect((await stack.pulumi("preview")).stdout).toContain(
      `perl (process ${pid}) listens on 7443/tcp, perl (process ${pid}) listens on 7445/udp, where a cluster's server`,
    );
    await here.host(1).output(["kill", pid]);
    expect((await stack.pulumi("preview")).stdout).toMatch(
      /an agent is to be brought to ssh:\/\/root@192\.168\.77\.13/,
    );
    for (const host of here.hosts) expect(await remainsOn(host)).toEqual([]);
  });

  test("one up makes three bare machines a cluster with a service spread over it", async () => {
    await stack.up();
    await isSpread("one", "two", "three");
    expect(Object.keys(await hosts()).sort()).toEqual(["one", "three", "two"]);
    const state = await stack.stateText();
    expect(state).not.toContain("PRIVATE KEY");
    expect(state).not.toMatch(/cst1\./);
  });

  test("a second up and a refresh change nothing", unchanged);

  test("labels and taints change in place, and no instance but those that they send away", async () => {
    const before = await placed();
    await stack.write(program({ two: worker(2, { labels: { zone: "b" } }), three: worker(3) }));
    expect(await stack.preview()).toMatchObject([{ op: "update", urn: expect.stringMatching(/::two$/) }]);
    await stack.up();
    expect((await hosts()).two).toMatchObject({ labels: { zone: "b" }, taints: [] });
    expect((await placed()).sort()).toEqual(before.sort());
  });

  test("guard killed, and power cut, where OpenRC runs the host: both are over by themselves, and the first ends no instance; within 30 s", async () => {
    const host = here.host(3);
    const pidOf = (command: RegExp) => host.processes().find((one) => command.test(one.command))?.pid;
    const guard = /^\S*constellation-guard run/;
    const instance = pidOf(/^httpd/);
    const { startedAt } = (await hosts()).three ?? {};
    const first = pidOf(guard);
    await host.output(["sh", "-c", `kill -9 ${first}`]);
    await until("another guard", async () => (pidOf(guard) === first ? undefined : pidOf(guard)));
    expect(pidOf(/^httpd/)).toBe(instance);
    await host.reboot();
    await until("its agent to have started anew", async () => {
      const { three } = await hosts();
      return three?.state === "ready" && three.startedAt !== startedAt ? true : undefined;
    });
  });

  test("a host that leaves the program: drained with no failed request, and the machine as it was", async () => {
    const asking = await load();
    await stack.write(program({ two: worker(2, { labels: { zone: "b" } }) }));
    await stack.up();
    const { failures, answered } = await asking.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(20);
    expect(Object.keys(await hosts()).sort()).toEqual(["one", "two"]);
    expect(await remainsOn(here.host(3))).toEqual([]);
  });

  test("another machine under a host's name is refused by a preview, before anything is sent there", async () => {
    await stack.write(program({ two: worker(3) }));
    expect((await stack.pulumi("preview")).stdout).toMatch(
      /host two of this cluster is another machine; .*out of the program/,
    );
    expect(await remainsOn(here.host(3))).toEqual([]);
  });

  test("connection that breaks while a machine is sent its programs: it is recorded with its host key, can be given up while another one answers there, and a delete removes what came; within 30 s", async () => {
    const two = worker(2, { labels: { zone: "b" } });
    const host = here.host(3);
    await stack.write(program({ two, three: worker(3) }));
    const went = stack.failingUp();
    await until("the first file", async () =>
      (await host.run(["ls", "/opt/constellation"])).code === 0 ? true : undefined,
    );
    const logins = host.processes().filter(({ command }) => command.startsWith("sshd: root"));
    await host.output(["sh", "-c", `kill -9 ${logins.map(({ pid }) => pid).join(" ")}`]);
    expect(await went).toMatch(/the connection to ssh:.* was lost/);
    const giveBack = await changeHostKey(host);
    await stack.write(program({ two, three: worker(3, { onDelete: { force: true } }) }));
    const { stdout } = await stack.up();
    expect(stdout).toMatch(/recorded when it was first reached is SHA256:.*: onDelete\.force is recorded/);
    await giveBack();
    await stack.write(program({ two }));
    expect(await stack.appliedSteps()).toMatchObject([
      { op: "delete", urn: expect.stringMatching(/::three$/) },
    ]);
    expect(await remainsOn(host)).toEqual([]);
  });

  test("a machine whose power failed: told by a refresh, and let go by force; within 60 s", async () => {
    const labels = { zone: "b" };
    await here.host(2).kill();
    await until("it to be lost", async () => ((await hosts()).two?.state === "lost" ? true : undefined));
    expect((await stack.pulumi("refresh", "--yes", "--skip-preview")).stdout).toMatch(/host two is lost/);
    await stack.write(program({ two: worker(2, { labels, onDelete: { force: true } }) }));
    await stack.up();
    await stack.write(program({}));
    expect((await stack.up()).stdout).toMatch(/going on without it/);
    expect(Object.keys(await hosts())).toEqual(["one"]);
    await isSpread("one");
  });

  test("back with its power: refused until what it held is gone; joined by hand: imported, not taken", async () => {
    await here.host(2).reboot();
    await stack.write(program({ two: worker(2) }));
    expect(await stack.failingUp()).toMatch(/it was removed from this cluster as two, .*agent down` there/);
    await agentOn(here.host(2), "down");
    const token = await agentOn(here.host(1), "token", "two");
    await agentOn(here.host(2), "join", "--server", here.host(1).address, { input: token });
    expect(await stack.failingUp()).toMatch(/host two: it exists, joined by hand on .*; import it or/);
    await stack.write({ resources: {} });
    expect(await stack.failingUp()).toMatch(/a host of others would be left without it: two, joined by hand/);
    await stack.write(program({}));
    await stack.up();
    // An import asks the provider's own cluster: the engine gives it nothing but the name.
    const { access } = await stack.outputs();
    await stack.pulumi("config", "set", "--secret", "constellation:cluster", String(access));
    await stack.write(program({ two: worker(2, {}, { import: "two" }) }));
    await stack.up();
    await stack.write(program({ two: worker(2) }));
    expect(await stack.appliedSteps()).toMatchObject([
      { op: "update", urn: expect.stringMatching(/::two$/) },
    ]);
    await unchanged();
  });

  test("destroy leaves the machines as they were", async () => {
    await stack.destroy();
    for (const host of here.hosts) expect(await remainsOn(host)).toEqual([]);
  });
});
