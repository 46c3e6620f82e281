import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";

jest.setTimeout(600_000);
const clone = join(import.meta.dirname, "..", "..");

/** The one test outside of a throw-away machine: what a person runs, on the machine itself, under a root of its own. */
describe("npm run quickstart on this machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "cst-quickstart-"));
  const stack = `test-${process.pid}`;
  const environment = {
    ...process.env,
    NODE_OPTIONS: "",
    CONSTELLATION_ROOT: join(folder, "c"),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
  };
  const npm = (...argv: string[]) =>
    spawnSync("npm", ["run", "-s", "quickstart", "--", "--stack", stack, ...argv], {
      cwd: clone,
      encoding: "utf8",
      env: environment,
    });
  let port = 0;
  let before: ReturnType<typeof machine>;

  beforeAll(async () => {
    before = machine();
    port = await freePort();
  });
  afterAll(() => {
    npm("--destroy");
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(clone, `Pulumi.${stack}.yaml`), { force: true });
  });

  test.each(["first", "second"])(
    "the %s time: up, answers of different replicas, destroy without a trace",
    () => {
      const up = npm("--port", String(port));
      expect(`${up.stdout}${up.stderr}`).toContain("It runs.");
      const visits = [...up.stdout.matchAll(/visit (\d+), answered by (web-\d) at (\S+)/g)];
      const counts = visits.map(([, count]) => Number(count));
      expect(counts).toEqual([1, 2, 3, 4, 5, 6]);
      expect(new Set(visits.map(([, , replica]) => replica)).size).toBeGreaterThan(1);
      expect(up.stdout).toMatch(/web-2-[0-9a-f]{6} +running +healthy/);

      const down = npm("--destroy");
      expect(`${down.stdout}${down.stderr}`).toContain("Nothing of the cluster is left");
      expect(machine()).toEqual(before);
    },
  );

  test("with its agent killed, it starts it again, and destroys it just as well", () => {
    expect(npm("--port", String(port)).stdout).toContain("It runs.");
    killAgent(environment.CONSTELLATION_ROOT);
    expect(npm().stdout).toMatch(/visit 7, answered by web-\d[\s\S]*It runs\./);
    killAgent(environment.CONSTELLATION_ROOT);
    expect(npm("--destroy").stdout).toContain("Nothing of the cluster is left");
    expect(machine()).toEqual(before);
  });
});

function killAgent(root: string): void {
  const { pid, agentPid } = JSON.parse(readFileSync(join(root, "run", "guard.json"), "utf8"));
  for (const victim of [pid, agentPid]) process.kill(victim, "SIGKILL");
}

/** What an agent could leave behind, as it is now. */
function machine() {
  const output = (program: string, ...argv: string[]) =>
    spawnSync(program, argv, { encoding: "utf8" }).stdout;
  const sysctl = (name: string) => readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8");
  return {
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ").slice(4).join(" ")),
    links: output("ip", "-br", "link"),
    routes: output("ip", "route"),
    tables: output("nft", "list", "tables"),
    cgroups: readdirSync("/sys/fs/cgroup").flatMap((entry) => entries(join("/sys/fs/cgroup", entry))),
    sysctls: ["ip_forward", "conf/all/route_localnet", "conf/default/route_localnet"].map(sysctl),
  };
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith("constellation"))
      .map(({ name }) => join(folder, name));
  } catch {
    return []; // a file of the tree's top, not a folder
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
