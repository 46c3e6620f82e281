import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { follow, readSections } from "../guides/follow.ts";
import type { Host, Lab } from "../lab/index.ts";
import { type BareHosts, bareHostsMs, publishedWeb, startBareHosts } from "./bare-hosts.ts";
import { startLoad } from "./load.ts";
import { otherKit } from "./other-kit.ts";
import { type Program, pluginsOf, type Stack } from "./stack.ts";

let bare: BareHosts;
let here: Lab;
let host: Host;
let stack: Stack;

beforeAll(async () => {
  bare = await startBareHosts("upgrade", 1);
  ({ lab: here, stack } = bare);
  host = here.host(1);
  await stack.write(program());
  await stack.up();
}, bareHostsMs);
afterAll(async () => await bare?.[Symbol.asyncDispose]());

/** @param bin of the provider; this clone's by default */
const program = (bin?: string): Program => ({
  resources: {
    far: { type: "constellation:Cluster", properties: { servers: { one: { ssh: bare.sshOf(1) } } } },
    web: publishedWeb("far"),
    echo: publishedWeb("far", {
      command: ["nc", "-ll", "-p", "9000", "-e", "cat"],
      ports: [{ port: 9000, publish: 9000 }],
    }),
  },
  outputs: { access: "${far.access}" },
  ...(bin === undefined ? {} : { plugins: pluginsOf(bin) }),
});

/** A command of the agent's own machine. */
const on = async (command: string) => (await host.output(["sh", "-c", command])).trim();
const lines = (text: string) => text.split("\n").filter(Boolean);
const kits = async () =>
  lines(await on("cd /opt/constellation/kit && ls -d */")).filter((name) => name.length > 64);
const runningVersion = async () =>
  await until("the agent to answer", async () => {
    const said = JSON.parse(await on("/opt/constellation/bin/constellation version --json"));
    return said.agent?.version as string | undefined;
  });
/** Pids and starts of what instances run. */
const instances = () =>
  host
    .processes()
    .filter(({ command }) => /^(httpd|nc) /.test(command))
    .map(({ pid, command }) => `${pid} ${command}`)
    .sort();

/** One connection to the echoing service, held from here to its end. */
async function hold() {
  const script = `exec 3<>/dev/tcp/${host.address}/9000; while read -r line; do echo "$line" >&3; read -r -t 10 back <&3 || exit; echo "$back"; done`;
  const held = await here.machine.spawn(["bash", "-c", script]);
  if (held.stdin === null || held.stdout === null) throw new Error("hold a connection: no pipes");
  const { stdin } = held;
  const answers = createInterface({ input: held.stdout });
  return {
    async says(word: string): Promise<unknown> {
      const answer = Promise.race([once(answers, "line"), once(answers, "close").then(() => ["closed"])]);
      stdin.write(`${word}\n`);
      return (await answer)[0];
    },
    end: () => held.kill(),
  };
}

/** Brings something about under a steady load and with a connection held: no instance, no request and no connection is lost. */
async function untouched(happen: () => Promise<void>): Promise<void> {
  const before = instances();
  expect(before).toHaveLength(2);
  const connection = await hold();
  expect(await connection.says("before")).toBe("before");
  const load = await startLoad(here.machine, `http://${host.address}:8000/hostname`);
  await happen();
  const { failures, answered } = await load.stop();
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(0);
  expect(await connection.says("after")).toBe("after");
  connection.end();
  expect(instances()).toEqual(before);
}

test("the next release: only what changed is sent, the agents change places, and the old kit is gone", async () => {
  const { bin, own, shared } = otherKit(join(here.machine.root, "next"), "0.2.0");
  const [before, nodeBefore] = [await kits(), await on("stat -c %i /opt/constellation/kit/*/bin/node")];
  await stack.write(program(bin));
  expect(await stack.preview()).toMatchObject([{ op: "update", diff: { agentVersion: "update" } }]);
  const guide = readSections("upgrade").flatMap(({ steps }) => steps);
  await untouched(async () => {
    const options = { cwd: stack.folder, env: { ...stack.environment }, timeoutMs: 120_000 };
    await follow(here.machine, guide, options);
  });
  expect(await runningVersion()).toBe("0.2.0");
  const after = await kits();
  expect(after).toHaveLength(1);
  expect(after).not.toEqual(before);
  expect(await on("stat -c %i /opt/constellation/kit/*/bin/node")).toBe(nodeBefore);
  expect(own).toBeLessThan(10);
  expect(shared).toBeGreaterThan(100);
  expect(await stack.preview()).toEqual([]);
});

test("a release whose agent ends within seconds: the one before it comes back by itself", async () => {
  const ends = 'if (process.argv[2] === "run") setTimeout(() => process.exit(9), 2_000);';
  const { bin } = otherKit(join(here.machine.root, "broken"), "0.3.0", ends);
  await stack.write(program(bin));
  await untouched(async () => {
    expect(await stack.failingUp()).toMatch(
      /upgrade agent: constellation: the new program failed its first checks: its agent ended: exit status 9; the old one runs again/,
    );
  });
  expect(await runningVersion()).toBe("0.2.0");
});

test("a provider of an older release leaves the newer agent and its programs", async () => {
  await stack.write(program());
  expect(await stack.preview()).toEqual([]);
  await untouched(async () => {
    await stack.up();
  });
  expect(await runningVersion()).toBe("0.2.0");
});

test("destroy leaves nothing", async () => {
  await stack.destroy();
  const folders = "/opt /var/lib/constellation /run/constellation";
  expect(await on(`find ${folders} -mindepth 1 2>/dev/null || true`)).toBe("");
});
