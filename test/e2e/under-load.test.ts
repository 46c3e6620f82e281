import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../control/until.ts";
import { type Load, type LoadOptions, startLoad } from "./load.ts";
import { otherBuild } from "./other-build.ts";
import { rebuildImage } from "./rebuilt-image.ts";
import { pluginsOf, type ResourceSpec, type Stack, startStack } from "./stack.ts";
import { addVisitor, machineAddress, visitorNetns } from "./visitor.ts";
import { local } from "./web.ts";

/** Requests a second, on new connections and as many on kept ones: what two busy cores answer with ease, so that no failure is mere slowness. */
const perSecond = 75;
const port = 18_080;
const layout = join(import.meta.dirname, "../../.images");

let stack: Stack & AsyncDisposable;

beforeAll(async () => {
  stack = await startStack("load");
  await addVisitor(stack.machine);
  await rebuildImage(layout, "node", join(stack.folder, "images"), "1");
  await change({});
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

/** As a careful server does: asked to stop, it finishes what it is at, and answers each connection's next request with its end. */
const server = `
  const { createServer } = require("node:http");
  let isStopping = false;
  const server = createServer(({ url }, response) => {
    if (isStopping) response.setHeader("connection", "close");
    setTimeout(() => response.end(process.env.HOSTNAME), url === "/slow" ? 1_000 : 0);
  }).listen(8000);
  server.keepAliveTimeout = 2_000; // Clients end connections that are idle for a second: none is left after the grace.
  process.on("SIGTERM", () => { isStopping = true; });
`;

/** As many servers do: asked to stop, it is gone, with all of its connections. */
const rough = `
  require("node:http").createServer(({ url }, response) => {
    setTimeout(() => response.end(process.env.HOSTNAME), url === "/slow" ? 2_000 : 0);
  }).listen(8000);
  process.on("SIGTERM", () => process.exit());
`;

function service(more: Record<string, unknown>): ResourceSpec {
  return {
    type: "constellation:Service",
    properties: {
      cluster: "${local.access}",
      image: "oci:images:node",
      args: ["--eval", server],
      replicas: 3,
      ports: [{ port: 80, targetPort: 8000, publish: port }],
      healthCheck: { http: { path: "/", port: 8000 } },
      stopGracePeriod: "2s",
      ...more,
    },
  };
}

async function change(more: Record<string, unknown>): Promise<void> {
  await stack.write({ resources: { local, web: service(more) } });
  await stack.up();
}

/** The same program with another build's provider. */
async function writeFor(programs: string): Promise<void> {
  await stack.write({ resources: { local, web: service({ replicas: 2 }) }, plugins: pluginsOf(programs) });
}

const ids = async () => (await stack.client().listInstances({ service: "web" })).map(({ id }) => id).sort();

/** Until nothing of older revisions is left, which an up does not wait for. */
async function settled(replicas: number): Promise<void> {
  await until(`${replicas} instances`, async () => {
    const instances = await stack.client().listInstances({ service: "web" });
    return (instances.length === replicas && instances.every(({ healthy }) => healthy)) || undefined;
  });
}

/** Brings something about while visitors keep coming, on new connections and on kept ones, some for longer: none fails. */
async function expectNoFailure(
  happen: () => Promise<void>,
  kept: LoadOptions = { perSecond, connections: "kept" },
): Promise<void> {
  const url = `http://${machineAddress}:${port}`;
  const begin = async (path: string, options: LoadOptions) =>
    await startLoad(stack.machine, `${url}${path}`, { netns: visitorNetns, ...options });
  const loads: Load[] = [
    await begin("/", { perSecond, connections: "new" }),
    await begin("/", kept),
    await begin("/slow", { perSecond: 10, connections: "new" }),
  ];
  await happen();
  for (const load of loads) {
    const { answered, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(0);
  }
}

/** As the machine's own tools see the agent. */
async function agentPid(): Promise<number> {
  return (await stack.client().info()).pid;
}

/** Signals the agent, and waits until the one that its guard starts next answers. */
async function restartAgent(signal: "TERM" | "KILL"): Promise<void> {
  const before = await agentPid();
  await stack.machine.output(["kill", `-${signal}`, String(before)]);
  await until("another agent", async () => {
    const now = await agentPid().catch(() => before);
    return now !== before || undefined;
  });
}

describe("under a steady open-loop load no request fails", () => {
  test("while image, environment and resources change", async () => {
    await expectNoFailure(async () => {
      await rebuildImage(layout, "node", join(stack.folder, "images"), "2");
      for (const more of [{}, { env: { COLOUR: "green" } }, { resources: { memory: "96Mi" } }]) {
        const before = await ids();
        await change(more);
        await settled(3);
        expect(await ids()).not.toEqual(expect.arrayContaining(before.slice(0, 1)));
      }
    });
  });

  test("while servers change that end at once when asked to, with requests of two seconds under way", async () => {
    const args = { args: ["--eval", rough], stopGracePeriod: "5s" };
    await change(args);
    await settled(3);
    await expectNoFailure(
      async () => {
        await change({ ...args, env: { COLOUR: "blue" } });
        await settled(3);
      },
      { perSecond: 30, connections: "kept-again" },
    );
    await change({}); // the careful servers again, for whoever comes next
    await settled(3);
  });

  test("while it scales from 3 to 10 to 2", async () => {
    await expectNoFailure(async () => {
      for (const replicas of [10, 2]) {
        await change({ replicas });
        await settled(replicas);
      }
    });
  });

  test.each(["TERM", "KILL"] as const)(
    "while the agent is ended by SIG%s and starts again",
    async (signal) => {
      const before = await ids();
      await expectNoFailure(async () => await restartAgent(signal));
      expect(await ids()).toEqual(before);
    },
  );

  test("while the agent is upgraded in place, which a preview shows as agentVersion", async () => {
    const before = await ids();
    await writeFor(otherBuild(join(stack.machine.root, "next"), "0.2.0"));
    expect(await stack.preview()).toMatchObject([{ op: "update", diff: { agentVersion: "update" } }]);
    await expectNoFailure(async () => {
      await stack.up();
    });
    expect((await stack.client().info()).version).toBe("0.2.0");
    expect(await ids()).toEqual(before);
    expect(await stack.preview()).toEqual([]);
  });

  test("while an upgrade fails its first checks, and the agent before it comes back by itself", async () => {
    const before = await ids();
    const ends = 'if (process.argv[2] === "run") setTimeout(() => process.exit(9), 2_000);';
    await writeFor(otherBuild(join(stack.machine.root, "broken"), "0.3.0", ends));
    await expectNoFailure(async () => {
      expect(await stack.failingUp()).toMatch(
        /upgrade agent: .*its agent ended: exit status 9; the old one runs/,
      );
      await until("the old agent", async () => (await agentPid().catch(() => undefined)) && true);
    });
    expect((await stack.client().info()).version).toBe("0.2.0");
    expect(await ids()).toEqual(before);
  });
});

test("an agent of a newer version is left alone by an older provider", async () => {
  await stack.write({ resources: { local, web: service({ replicas: 2 }) } });
  expect(await stack.preview()).toEqual([]);
  await stack.up();
  expect((await stack.client().info()).version).toBe("0.2.0");
});
