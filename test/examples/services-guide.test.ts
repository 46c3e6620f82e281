import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { commonInputs, type Field, type Instance, resources } from "../../contract/index.ts";
import { type Stack, startStack } from "../e2e/stack.ts";
import { readGuide, withResources } from "./guide.ts";

const clone = join(import.meta.dirname, "..", "..");
const guide = readGuide(join(clone, "docs", "guides", "services.md"));

/** Shown in docs/guides/images.md. */
const fieldsOfImages = ["imageDigest", "pullPolicy", "imageCredentials", "registry"];

/** What docs/guides/scheduling.md and docs/guides/networks.md are about. */
const elsewhere = new Set(["placement", "perHost", "disconnect", "exclusive", "networks"]);

/** curl's exit code. */
const connectionRefused = 7;

let stack: Stack & AsyncDisposable;
beforeAll(async () => {
  stack = await startStack("guide");
  await symlink(clone, join(stack.folder, "..", "constellation"));
  await write([]);
  await stack.up();
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

/** What each section promises. */
const promises: Readonly<Record<string, () => Promise<void>>> = {
  "The process": async () => {
    await until(async () => expect(await logs("greeter-0")).toBe("hello world, I am greeter-0\n"));
    expect(await inside("greeter", "id -u; id -G; pwd; hostname")).toBe(
      "65534\n65534 33 4000\n/tmp\ngreeter\n",
    );
    const known =
      "echo $CONSTELLATION_SERVICE $CONSTELLATION_INSTANCE $CONSTELLATION_INDEX $CONSTELLATION_ADDRESS";
    expect(await inside("greeter", known)).toBe(`greeter greeter-0 0 ${(await only("greeter")).address}\n`);
    await until(async () => expect(await logs("clock-0")).toMatch(/^\d{4}-\d\d-\d\dT.*Z\n/));
  },
  "Names and addresses": async () => {
    const { address } = await service("web");
    for (const name of ["checkout.shop", "checkout.shop.internal"]) {
      expect(await inside("greeter", `wget -q -O - http://${name}/hostname`)).toBe("checkout-0\n");
    }
    for (const name of ["web", "www", "web.default", "web.default.internal"]) {
      expect([name, await lookUp(name)]).toEqual([name, [address]]);
      expect(await inside("greeter", `wget -q -O - http://${name}/hostname`)).toMatch(/^web-[01]\n$/);
    }
    expect(await lookUp("web-0.web")).toEqual([(await only("web")).address]);
    const own = (await instances("members")).map((instance) => instance.address);
    expect((await lookUp("members")).sort()).toEqual(own.sort());
    expect(await inside("members", "grep printer /etc/hosts")).toBe("192.0.2.7 printer.example\n");
    expect(await fetched(`http://${address}/hostname`)).toMatch(/^web-/);
    const { labels } = (await document("web")).inputs;
    expect(labels).toEqual({ tier: "front", owner: "docs" });
  },
  "Published ports": async () => {
    expect(await fetched("http://127.0.0.1:18080/hostname")).toBe("site-0\n");
    const { endpoints } = await service("site");
    const { port, hostIp } = (endpoints as { port: number; hostIp?: string; name?: string }[]).find(
      ({ name }) => name === "admin",
    ) ?? { port: 0 };
    expect(hostIp).toBe("127.0.0.1");
    expect(await fetched(`http://127.0.0.1:${port}/hostname`)).toBe("site-0\n");
    expect(await inside("greeter", "wget -q -O - http://site:81/hostname")).toBe("site-0\n");
    const ask = "exec 3<>/dev/udp/127.0.0.1/17007; echo marco >&3; timeout 5 head -n 1 <&3";
    await until(async () => expect((await stack.run(["bash", "-c", ask])).stdout).toBe("marco\n"));
  },
  Health: async () => {
    expect(await only("checked")).toMatchObject({ healthy: true });
    expect(await only("listening")).toMatchObject({ healthy: true });
    const { address } = await service("moody");
    const curl = () => stack.run(["curl", "-sf", "--max-time", "5", `http://${address}:8000/hostname`]);
    await inside("moody", "rm /tmp/ready");
    await until(async () => expect(await only("moody")).toMatchObject({ healthy: false, restarts: 0 }));
    await until(async () => expect((await curl()).code).toBe(connectionRefused));
    await inside("moody", "touch /tmp/ready");
    await until(async () => expect(await only("moody")).toMatchObject({ healthy: true, restarts: 0 }));
    await until(async () => expect((await curl()).stdout).toBe("moody-0\n"));
    await inside("moody", "rm /tmp/alive");
    await until(
      async () => expect(await only("moody")).toMatchObject({ healthy: true, restarts: 1 }),
      30_000,
    );
  },
  "When it ends": async () => {
    await until(async () => expect(await only("once")).toMatchObject({ state: "completed", restarts: 0 }));
    await until(async () =>
      expect(await only("stubborn")).toMatchObject({ state: "failed", restarts: 2, exitCode: 3 }),
    );
  },
  "How it is stopped": async () => {
    expect(await only("polite")).toMatchObject({ state: "running" });
  },
  Resources: async () => {
    expect(await inside("frugal", "ulimit -Sn; ulimit -Hn")).toBe("256\n512\n");
    expect(await inside("frugal", "df -k /dev/shm | tail -n 1")).toMatch(/ 8192 /);
    const hungry = await tryInside("frugal", "dd if=/dev/zero of=/dev/null bs=64M count=1");
    expect(hungry.code).not.toBe(0);
    expect(await cpuSeconds("frugal", 2)).toBeLessThan(1);
    const many = await tryInside("frugal", "for n in $(seq 40); do sleep 3 & done");
    expect(many.stdout + many.stderr).toMatch(/can't fork/);
  },
  Files: async () => {
    expect(await inside("furnished", "cat /etc/motd /srv/index.html /srv/about/us.html")).toBe(
      "welcome\n<h1>hello</h1><h1>us</h1>",
    );
    expect(await inside("furnished", "stat -c %a /etc/motd /run/secrets/admin /scratch")).toBe(
      "644\n440\n700\n",
    );
    expect(await inside("furnished", "echo $TOKEN; cat /run/secrets/admin")).toBe("open-sesame\ns3cret");
    expect(await inside("furnished", "df -k /scratch | tail -n 1")).toMatch(/ 1024 /);
    expect((await tryInside("furnished", "touch /host/x")).stderr).toMatch(/Read-only/);
    expect((await tryInside("furnished", "echo x > /srv/index.html")).stderr).toMatch(/Read-only/);
    const listed = JSON.stringify([
      await document("furnished"),
      await stack.client().listDocuments("secrets"),
    ]);
    expect(`${listed}${await stack.stateText()}`).not.toMatch(/open-sesame|s3cret|gu3st/);

    const { id } = await only("furnished");
    await change("gu3st", "other");
    expect(await only("furnished")).toMatchObject({ id });
    await change("welcome", "farewell");
    await until(async () => expect((await only("furnished")).id).not.toBe(id), 30_000);
    await until(async () => expect(await inside("furnished", "cat /etc/motd")).toBe("farewell\n"), 30_000);
  },
  Security: async () => {
    expect((await tryInside("locked", "touch /x")).stderr).toMatch(/Read-only/);
    expect(
      await inside("locked", "touch /tmp/x; grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/1/status"),
    ).toBe("CapBnd:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\n");
    expect(await inside("debugger", "grep -E '^(NoNewPrivs|Seccomp):' /proc/1/status")).toBe(
      "NoNewPrivs:\t0\nSeccomp:\t0\n",
    );
  },
  Logs: async () => {
    await until(async () => expect(await logs("chatty-0")).not.toMatch(/^first/), 30_000);
    expect((await logs("chatty-0")).length).toBeLessThan(1_000_000);
    expect(await logs("silent-0")).toBe("");
  },
  Updates: async () => {
    const before = [...(await instances("steady")), ...(await instances("careful"))];
    const watching = new AbortController();
    const least = fewestHealthy("steady", watching.signal);
    await change('VERSION: "1"', 'VERSION: "2"');
    watching.abort();
    const after = [...(await instances("steady")), ...(await instances("careful"))];
    expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
    expect(new Set([...before, ...after].map(({ id }) => id)).size).toBe(10);
    expect(await least).toBeGreaterThanOrEqual(3);
    expect(await inside("careful", "echo $VERSION")).toBe("2\n");
  },
};

const passed: string[] = [];

describe("docs/guides/services.md", () => {
  test("says of no section what is not tested", () => {
    expect(guide.sections.map(({ title }) => title)).toEqual(Object.keys(promises));
  });

  test("shows every field of a service", () => {
    const shown = guide.sections.map((section) => section.resources).join("");
    const all = [...commonInputs(resources.Service), ...resources.Service.fields.inputs];
    const fields = all.filter(({ key }) => !elsewhere.has(key));
    const missing = leaves(fields).filter((key) => !new RegExp(`\\b${key}:`).test(shown));
    // Left out on purpose, as the guide's opening says; where images come from, and where instances run, have guides of their own.
    expect(missing).toEqual(["cluster", ...fieldsOfImages]);
  });

  test.each(guide.sections)("$title", async ({ title, resources: entries }) => {
    await write([...passed, entries]);
    await stack.up();
    await promises[title]?.();
    passed.push(entries);
  });

  test("a last up changes nothing", async () => {
    expect(await stack.preview()).toEqual([]);
  });

  test("what is stopped may say goodbye, and destroy leaves no trace", async () => {
    await write([]);
    // At once: each takes its whole grace period.
    await stack.pulumi("up", "--yes", "--skip-preview", "--parallel", "50");
    expect((await stack.run(["cat", "/run/guide/last-words"])).stdout).toBe("bye\n");
    await stack.destroy();
    expect((await stack.run(["constellation-agent", "traces"])).stdout).toBe("");
  });
});

async function write(entries: readonly string[]): Promise<void> {
  await writeFile(join(stack.folder, "Pulumi.yaml"), withResources(guide.program, entries));
}

/** Edits the running program and brings it up. */
async function change(from: string, to: string): Promise<void> {
  const file = join(stack.folder, "Pulumi.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replaceAll(from, to));
  await stack.up();
}

function leaves(fields: readonly Field[]): string[] {
  return fields.flatMap(({ key, fields: inner, item }) => [key, ...leaves(inner ?? item?.fields ?? [])]);
}

async function instances(name: string): Promise<Instance[]> {
  const all = await stack.client().listInstances({ service: name });
  return all
    .filter(({ state }) => state !== "stopping")
    .sort((one, other) => one.name.localeCompare(other.name));
}

async function only(name: string): Promise<Instance> {
  const [instance] = await instances(name);
  if (instance === undefined) throw new Error(`${name} has no instance`);
  return instance;
}

async function document(name: string) {
  const found = await stack.client().getDocument({ namespace: "default", plural: "services", name });
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
}

const service = async (name: string) => (await document(name)).outputs;
const logs = async (name: string) => (await stack.run(["constellation", "logs", name])).stdout;
const fetched = async (url: string) => (await stack.run(["curl", "-sf", "--max-time", "5", url])).stdout;

/** A shell's command in the first instance of a service. */
async function tryInside(name: string, script: string) {
  return stack.run(["constellation", "exec", (await only(name)).id, "--", "sh", "-c", script]);
}

async function inside(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await tryInside(name, script);
  if (code !== 0) throw new Error(`${script}: exit code ${code}: ${stderr}`);
  return stdout;
}

/** A name's addresses as a program in an instance gets them: with search domains, and /etc/hosts. */
async function lookUp(name: string): Promise<string[]> {
  const script = `require("dns").lookup("${name}", { all: true }, (_, all) => console.log(JSON.stringify(all)))`;
  const { stdout } = await stack.run(["constellation", "exec", "clock-0", "--", "node", "--eval", script]);
  return (JSON.parse(stdout) as { address: string }[]).map(({ address }) => address);
}

/** Processor time that a busy loop of some seconds gets. */
async function cpuSeconds(name: string, seconds: number): Promise<number> {
  const script = `time timeout ${seconds} sh -c 'while :; do :; done'`;
  const { stderr } = await tryInside(name, script);
  const [user = Number.NaN, system = Number.NaN] = [
    ...stderr.matchAll(/^(?:user|sys)\s+(\d+)m (\d+\.\d+)s$/gm),
  ].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
  return user + system;
}

/** The smallest number of healthy instances that any look finds until the signal. */
async function fewestHealthy(name: string, signal: AbortSignal): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    const all = await stack.client().listInstances({ service: name });
    fewest = Math.min(fewest, all.filter(({ healthy }) => healthy).length);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return fewest;
}

/** Repeats what may not hold yet, and throws what it threw last. */
async function until(attempt: () => Promise<void>, timeoutMs = 15_000): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
