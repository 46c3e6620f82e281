import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { agentPaths, type Route, routes } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { image, type Program, type Stack, startStack } from "../e2e/stack.ts";

jest.setTimeout(240_000);

/** Each by the door it comes in through; no two share a part that a search could take for the other. */
const planted = {
  env: "plant-env-5f1c9e72",
  changedEnv: "plant-changed-8b3d4a10",
  value: "plant-value-c27e61f9",
  values: "plant-values-90d6b3ae",
  config: "plant-config-4e8a2b7d",
  password: "plant-password-71fa0c3e",
};
const everyone = Object.values(planted);
const secret = (value: unknown) => ({ "fn::secret": value });

let stack: Stack & AsyncDisposable;
let paths: ReturnType<typeof agentPaths>;
/** All that engine and command have printed. */
let printed = "";

beforeAll(async () => {
  stack = await startStack("secrets");
  paths = agentPaths(stack.agentRoot);
});
afterAll(async () => await stack?.[Symbol.asyncDispose]());

const cluster = "${local.access}";
const contents = ["$TOKEN", "$VALUE", "$(cat /run/values)", "$(cat /etc/app)"].join(" ");

function program(command: string, { replicas = 1, token = planted.env } = {}): Program {
  const app = {
    ...{ cluster, image: image("busybox"), replicas, stopGracePeriod: "1s", update: { deadline: "20s" } },
    ...{ command: ["sh", "-c", command], restart: { policy: "never" } },
    env: { TOKEN: secret(token) },
    secrets: [
      { secret: "db", env: "VALUE" },
      { secret: "pair", key: "user", target: "/run/values" },
    ],
    configs: [{ config: "settings", target: "/etc/app" }],
  };
  const resource = (type: string, properties: object) => ({
    type: `constellation:${type}`,
    properties: { ...properties },
  });
  return {
    resources: {
      local: { type: "constellation:Cluster" },
      db: resource("Secret", { cluster, value: secret(planted.value) }),
      pair: resource("Secret", { cluster, values: secret({ user: planted.values }) }),
      login: resource("Secret", {
        cluster,
        values: secret({ username: "somebody", password: planted.password }),
      }),
      settings: resource("ConfigFile", { cluster, content: secret(planted.config) }),
      app: {
        ...resource("Service", app),
        options: { dependsOn: ["${db}", "${pair}", "${login}", "${settings}"] },
      },
    },
  };
}

async function say(result: Promise<{ stdout: string; stderr: string }>) {
  const { stdout, stderr } = await result;
  printed += stdout + stderr;
}

const idle = "echo started; exec sleep 100000";
const inApp = (id: string, line: string) => stack.run(["constellation", "exec", id, "--", "sh", "-c", line]);

/** The planted texts that stand in what is given. */
const foundIn = (text: string) => everyone.filter((value) => text.includes(value));

test("secrets come in through every door, and live through scale, change, failure and a killed agent", async () => {
  await stack.write(program(idle));
  await say(stack.up());
  await stack.write(program(idle, { replicas: 3 }));
  await say(stack.up());
  await stack.write(program(idle, { replicas: 2, token: planted.changedEnv }));
  await say(stack.up());
  const shown = await inApp("app-0", `echo ${contents}`);
  const expected = [planted.changedEnv, planted.value, planted.values, planted.config];
  expect(shown.stdout.trim()).toBe(expected.join(" "));

  const { pid } = await stack.client().info();
  await stack.machine.output(["kill", "-9", String(pid)]);
  await until("another agent", async () => {
    const now = await stack
      .client()
      .info()
      .catch(() => undefined);
    return (now && now.pid !== pid) || undefined;
  });

  const asked = "registry.invalid/nothing:1";
  const denied = { imageCredentials: [{ registry: "registry.invalid", secret: "login" }] };
  const { resources } = program(idle, { replicas: 2, token: planted.changedEnv });
  const pulled = { type: "constellation:Service", properties: { cluster, image: asked, ...denied } };
  const options = { dependsOn: ["${login}"] };
  await stack.write({ resources: { ...resources, pulled: { ...pulled, options } } });
  printed += await stack.failingUp();
});

describe("afterwards none of them is", () => {
  test("in what the engine printed, nor plain in its state", async () => {
    expect(foundIn(printed)).toEqual([]);
    expect(foundIn(await stack.stateText())).toEqual([]);
  });

  test("on any disk: not in the store, the logs, the records; in memory they are, so this search finds them", async () => {
    const search = ["grep", "-rlaF", ...everyone.flatMap((value) => ["-e", value])];
    const found = async (folder: string) =>
      (await stack.machine.run([...search, folder])).stdout.split("\n").filter(Boolean);
    const memory = join(paths.runDir, "runtime");
    const inMemory = await found(memory);
    expect(inMemory.length).toBeGreaterThan(0);
    expect(await stack.machine.output(["stat", "-f", "-c", "%T", memory])).toBe("tmpfs\n");
    expect(await stack.machine.output(["stat", "-c", "%a", memory])).toBe("700\n");
    expect((await found(paths.runDir)).filter((file) => !inMemory.includes(file))).toEqual([]);
    expect(await found(paths.stateDir)).toEqual([]);
  });

  test("in the arguments or the environment of any process but the instances' own", async () => {
    const script = `
      for place in /proc/[0-9]*; do
        grep -qsz '^CONSTELLATION_INSTANCE=' $place/environ && continue
        tr '\\0' '\\n' <$place/cmdline; tr '\\0' '\\n' <$place/environ
      done 2>/dev/null; true`;
    expect(foundIn(await stack.machine.output(["sh", "-c", script]))).toEqual([]);
    const own = "cat /proc/[0-9]*/environ | tr '\\0' '\\n'";
    expect(
      foundIn(await stack.machine.output(["sh", "-c", `${own} 2>/dev/null; true`])).length,
    ).toBeGreaterThan(0);
  });

  test("in an answer of any route of the API", async () => {
    const [instance] = await stack.client().listInstances({ service: "app" });
    const places = ["services", "secrets", "configfiles"].flatMap((plural) =>
      ["app", "db", "pair", "login", "settings"].map((name) => ({ plural, name })),
    );
    const filled = Object.values<Route>(routes)
      .filter(({ method, framing }) => method === "GET" && framing !== "websocket")
      .flatMap(({ path }) =>
        places.map(({ plural, name }) =>
          path
            .replace(":namespace", "default")
            .replace(":plural", plural)
            .replace(":name", name)
            .replace(":id", instance?.id ?? ""),
        ),
      )
      .map((path) => (path === "/v1/events" ? `${path}?tail=2000&follow=false` : path));
    const answers: string[] = [];
    for (const path of new Set(filled)) {
      const curl = ["curl", "-sS", "-m", "20", "--unix-socket", paths.socket, `http://agent${path}`];
      answers.push(await stack.machine.output(curl));
    }
    expect(answers.join("").includes('"$secret"')).toBe(true);
    expect(foundIn(answers.join("\n"))).toEqual([]);
  });

  test("in what the command tells", async () => {
    for (const words of [
      "ps --json",
      "services --json",
      "describe app",
      "describe app --json",
      "events --json",
      "hosts",
    ]) {
      const { stdout, stderr } = await stack.run(["constellation", ...words.split(" ")]);
      expect([words, foundIn(stdout + stderr)]).toEqual([words, []]);
    }
    const archive = join(stack.folder, "diagnosis.tar.gz");
    const made = await stack.run(["constellation", "diagnose", "--output", archive]);
    expect([made.code, made.stderr]).toEqual([0, expect.anything()]);
    const text = await stack.machine.output(["tar", "-xzOf", archive]);
    expect(text).toContain("registry.invalid");
    expect(foundIn(text)).toEqual([]);
  });
});

test("an instance that prints its secrets and fails shows none of them in the engine's error, nor in a diagnosis", async () => {
  await stack.write(program(`echo told: ${contents}; exit 3`, { token: planted.changedEnv }));
  const failure = await stack.failingUp();
  expect(failure).toContain("told: [secret] [secret] [secret] [secret]");
  expect(foundIn(failure)).toEqual([]);
  const [instance] = (await stack.client().listInstances({ service: "app" })).filter(
    ({ state }) => state === "failed",
  );
  const log = await stack.run(["constellation", "logs", instance?.id ?? ""]);
  expect(log.stdout).toContain(planted.value); // its own output is the program's affair

  const archive = join(stack.folder, "later.tar.gz");
  await stack.run(["constellation", "diagnose", "--instance-logs", "--output", archive]);
  const text = await stack.machine.output(["tar", "-xzOf", archive]);
  expect(text).toContain("told: [secret] [secret] [secret] [secret]");
  expect(foundIn(text)).toEqual([]);
});
