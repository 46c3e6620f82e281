import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Host, Lab } from "../lab/index.ts";
import {
  type BareHosts,
  bareHostsMs,
  changeHostKey,
  publishedWeb,
  remainsOn,
  startBareHosts,
} from "./bare-hosts.ts";
import { addStack, type Program, type ResourceSpec, type Stack } from "./stack.ts";

let bare: BareHosts;
let here: Lab;
let host: Host;
let stack: Stack;
let ssh: Record<string, unknown>;

beforeAll(async () => {
  bare = await startBareHosts("remote", 1, "debian-sudo");
  ({ lab: here, stack } = bare);
  host = here.host(1);
  ssh = { ...bare.sshOf(1), user: "admin" };
}, bareHostsMs);
afterAll(async () => await bare?.[Symbol.asyncDispose]());

const cluster = (server: Record<string, unknown> = {}, more: Record<string, unknown> = {}): ResourceSpec => ({
  type: "constellation:Cluster",
  properties: { servers: { one: { ssh, ...server } }, ...more },
});
const web = publishedWeb("far");
const program = (far = cluster(), services: Record<string, ResourceSpec> = { web }): Program => ({
  resources: { far, ...services },
  outputs: { access: "${far.access}", hostKeys: "${far.hostKeys}" },
});
const fetched = async (path: string) =>
  (await stack.run(["curl", "-sS", "--max-time", "5", `http://${host.address}:8000/${path}`])).stdout;
const pinned = async () => (await host.hostKey()).split(" ").slice(0, 2).join(" ");
const unchanged = async () => {
  expect(await stack.preview()).toEqual([]);
  expect((await stack.refresh()).stdout).not.toMatch(/updated|deleted/);
};

const remains = async () => await remainsOn(host);

describe("a cluster on another machine, over SSH", () => {
  test("mistakes are told with their path before anything is touched", async () => {
    const far = (two: object, more = {}): ResourceSpec => ({
      type: "constellation:Cluster",
      properties: { servers: { one: { ssh }, two: { ssh: { ...ssh, ...two } } }, ...more },
    });
    await stack.write(program(far({ address: "10.0.0.99:22", user: "" })));
    const fields = await stack.failingUp();
    expect(fields).toMatch(/servers\.two\.ssh\.address: "10\.0\.0\.99:22" is no address/);
    expect(fields).toMatch(/servers\.two\.ssh\.user: is no user name/);
    await stack.write(program(far({}, { labels: { zone: "a" } })));
    const across = await stack.failingUp();
    expect(across).toMatch(/servers: must be 1, 3 or 5, not 2/);
    expect(across).toMatch(/labels: is for a cluster of this machine; write it as servers\.NAME\.labels/);
    expect(fields + across).not.toContain("PRIVATE KEY");
  });

  test("a preview says what would be done, and the machine holds nothing afterwards", async () => {
    await stack.write(program());
    const { stdout } = await stack.pulumi("preview");
    expect(stdout).toMatch(/an agent is to be brought to ssh:\/\/admin@/);
    expect(await remains()).toEqual([]);
  });

  test("up brings everything, and a service there answers", async () => {
    await stack.up();
    expect(await fetched("hostname")).toMatch(/^web-0/);
    const { hostKeys } = await stack.outputs();
    expect(hostKeys).toEqual({ [`${host.address}:22`]: await pinned() });
    expect(await stack.stateText()).not.toContain("PRIVATE KEY");
  });

  test("a second up and a refresh change nothing", unchanged);

  test("the command reaches it through ssh, with what ssh knows", async () => {
    const known = `${here.machine.root}/ssh/known_hosts`;
    const config = `Host far\n  HostName ${host.address}\n  User admin\n  IdentityFile ${here.keyFile}\n  UserKnownHostsFile ${known}\n`;
    const file = `${here.machine.root}/ssh/config`;
    await here.machine.output(["tee", file], { input: config });
    // ssh(1) reads the configuration of the user whom the system names, not of HOME.
    const wrapper = `#!/bin/sh\nexec /usr/bin/ssh -F ${file} "$@"\n`;
    await here.machine.output(["tee", `${here.machine.root}/ssh/ssh`], { input: wrapper });
    await here.machine.output(["chmod", "755", `${here.machine.root}/ssh/ssh`]);
    const command = `PATH=${here.machine.root}/ssh:$PATH exec constellation -c far`;
    const far = async (words: string) => await stack.run(["sh", "-c", `${command} ${words}`]);
    expect(JSON.parse((await far("ps --json")).stdout)).toMatchObject({
      items: [{ name: "web-0", host: "one" }],
    });
    expect((await far("exec web-0 -- cat /etc/hostname")).stdout).toMatch(/^web-0/);
    expect(await far("backup x")).toMatchObject({ code: 1, stderr: expect.stringMatching(/log in to far/) });
    const strange = await stack.run(["constellation", "-c", `admin@${host.address}`, "ps"]);
    expect(strange).toMatchObject({ code: 1, stderr: expect.stringMatching(/Host key verification failed/) });
    const told = await stack.run(["constellation", "-c", `admin@${host.address}`, "ps", "--json"]);
    expect(JSON.parse(told.stderr)).toMatchObject({
      error: { message: expect.stringMatching(/it ended before it began: .*Host key verification failed/) },
    });
  });

  test("a context names it; a login that is lost while it is watched is made again", async () => {
    const watching = `export PATH=${here.machine.root}/ssh:$PATH CONSTELLATION_CONTEXT=prod
      constellation context add prod far
      constellation top --json --count 2 --interval 3s > looks 2> told & top=$!
      until [ -s looks ]; do sleep 0.1; done
      pkill -P $top -x ssh
      wait $top; echo "exit code $?"
      wc -l < looks; cat told`;
    const { stdout, stderr } = await stack.run(["sh", "-c", watching]);
    expect([stdout.trim().split("\n"), stderr]).toEqual([
      ["prod is a context", "exit code 0", "2", "far: connection lost; dialling again"],
      "",
    ]);
  });

  test("labels and another login change the cluster in place, and no service", async () => {
    const before = await fetched("hostname");
    const login = { ssh: { ...ssh, user: "guest", password: { "fn::secret": "guest" } } };
    await stack.write(program(cluster({ ...login, labels: { zone: "a" } })));
    const steps = await stack.preview();
    expect(steps).toMatchObject([{ op: "update", urn: expect.stringMatching(/::far$/) }]);
    await stack.up();
    expect(await fetched("hostname")).toBe(before);
    await unchanged();
  });

  test("another stack uses it by its access alone", async () => {
    const { access } = await stack.outputs();
    const other = await addStack(here.machine, "guest");
    const properties = { ...web.properties, cluster: { "fn::secret": access }, ports: [{ port: 8000 }] };
    await other.write({
      resources: { more: { ...web, properties } },
      outputs: { where: "${more.clusterId}" },
    });
    await other.up();
    expect(await other.stateText()).not.toContain(String(access));
    await stack.write({ resources: {} });
    expect(await stack.failingUp()).toMatch(/others keep a document on it: Service default\/more/);
    await other.destroy();
    await stack.write(program());
    await stack.up();
  });

  test("host that cannot be reached: a refresh tells it and drops nothing; within 60 s", async () => {
    await host.cut();
    const refreshed = await stack.refresh();
    expect(refreshed.stdout).toMatch(/connect to .*:22: no answer/);
    expect(refreshed.stdout).not.toMatch(/deleted/);
    await host.heal();
    await stack.up();
    await unchanged();
  });

  test("another host key than the recorded one: nothing is sent", async () => {
    await changeHostKey(host);
    await stack.write(program(cluster({ labels: { zone: "b" } })));
    const said = await stack.failingUp();
    expect(said).toMatch(
      /its host key is ssh-ed25519 SHA256:\S+, and the one that was recorded when it was first reached is SHA256:/,
    );
    const hostKey = await pinned();
    const changed = { ...web, properties: { ...web.properties, stopGracePeriod: "2s" } };
    const corrected = cluster({ ssh: { ...ssh, hostKey }, labels: { zone: "b" } });
    await stack.write(program(corrected, { web: changed }));
    expect((await stack.preview()).map(({ op }) => op)).toEqual(["update", "update"]);
    await stack.up();
    await unchanged();
  });

  test("destroy leaves the machine as it was", async () => {
    await stack.destroy();
    expect(await remains()).toEqual([]);
  });
});

describe("a bootstrap", () => {
  test("host that dies while the kit is sent: the next up finishes it; within 30 s", async () => {
    await stack.write(program(cluster({ ssh: { ...ssh, hostKey: await pinned() } })));
    const went = stack.failingUp();
    await until(async () => (await host.run(["ls", "/opt/constellation"])).code === 0);
    await host.kill();
    expect(await went).toMatch(/the connection to ssh:\/\/admin@.* was lost|no answer/);
    await host.reboot();
    await stack.up();
    await until(async () => (await fetched("hostname")).startsWith("web-0"));
    await unchanged();
  });

  test("one that fails once the kit is there is recorded: destroy takes all of it away", async () => {
    await stack.destroy();
    await host.output(["touch", "/var/lib/constellation/of-somebody-else"]);
    await stack.write(program(cluster({ ssh: { ...ssh, hostKey: await pinned() } }), {}));
    expect(await stack.failingUp()).toMatch(/\/var\/lib\/constellation holds files of somebody else/);
    await host.output(["rm", "/var/lib/constellation/of-somebody-else"]);
    expect((await stack.preview()).map(({ op }) => op)).toEqual(["update"]);
    await stack.destroy();
    expect(await remains()).toEqual([]);
  });

  test("a machine in whose place another one answers is let go with forceDestroy", async () => {
    await stack.write(program(cluster(), {}));
    await stack.up();
    await changeHostKey(host);
    await stack.write(program(cluster({}, { forceDestroy: true }), {}));
    expect((await stack.up()).stdout).toMatch(/its host key is .*forceDestroy is recorded, .* lets go of it/);
    expect((await stack.destroy()).stdout).toMatch(/its host key is .* what is on it stays/);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error("wait: it does not come about");
    await delay(50);
  }
}
