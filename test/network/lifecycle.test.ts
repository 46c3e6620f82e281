import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { type Machine, startMachine, type Traces } from "../lab/index.ts";
import { ask, endpoint, type Host, port, serve, service, startHost, until } from "./lab.ts";

jest.setTimeout(60_000);

const web0 = endpoint("web-0", "10.64.0.2");
const web = service("web", "240.0.0.1", [web0], { ports: [port(80, { publish: 8088 })] });

let machine: Machine;
let host: Host;
let before: Traces;

beforeAll(async () => {
  machine = await startMachine({ name: "alpha" });
  await machine.output(["nft", "add", "table", "inet", "firewall"]);
  before = await machine.traces();
  host = await startHost(machine);
});

afterAll(async () => await machine.stop());

test("an instance can be plugged in before the first assignment has come, and waits for it", async () => {
  const pluggedIn = host.plugIn(web0.instance, web0.address);
  await host.assign([web]);
  await serve(machine, await pluggedIn, "a", "tcp:80");
  expect(await ask(machine, undefined, "tcp", "240.0.0.1", 80)).toEqual(["a 10.64.0.1"]);
});

test("settings it changes are saved first, once", async () => {
  const saved = () => JSON.parse(readFileSync(join(host.paths.stateDir, "sysctls.json"), "utf8"));
  expect(saved()).toEqual({ "net.ipv4.ip_forward": "0" });
  expect(host.log()).toContain("sysctl changed");
  await machine.output(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
  await until(async () => (await machine.output(["cat", "/proc/sys/net/ipv4/ip_forward"])) === "1\n");
  expect(saved()).toEqual({ "net.ipv4.ip_forward": "0" });
});

test("nobody else can listen on a published port, and nobody answers there without an instance", async () => {
  const taken = await machine.run(["busybox", "nc", "-l", "-p", "8088"], { timeoutMs: 5_000 });
  expect(taken.stderr).toContain("Address already in use");
  await host.assign([{ ...web, endpoints: [] }]);
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8088)).toEqual(["ECONNREFUSED"]);
  await host.assign([]);
  const foreign = await serve(machine, undefined, "foreign", "tcp:8088");
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8088)).toEqual(["foreign 127.0.0.1"]);
  await host.assign([web]);
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8088)).toEqual(["a 10.64.0.1"]);
  expect(host.log()).toContain("somebody else's");
  foreign.killGroup("SIGKILL");
});

test("kill -9 of the agent: traffic goes on, and the next agent takes over what is there; at once", async () => {
  host.process.kill("SIGKILL");
  await host.process.exited;
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8088)).toEqual(["a 10.64.0.1"]);
  host = await startHost(machine);
  await host.assign([web]);
  await host.plugIn(web0.instance, web0.address);
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8088)).toEqual(["a 10.64.0.1"]);
});

test("unplugging takes the namespace away, and with it its devices", async () => {
  const netnsFile = await host.plugIn("web-9-aaaaaa", "10.64.0.99");
  const links = (await machine.traces()).links.length;
  await host.unplug("web-9-aaaaaa");
  await host.unplug("web-9-aaaaaa");
  expect(existsSync(netnsFile)).toBe(false);
  await until(async () => (await machine.traces()).links.length === links - 1);
});

test("down leaves no trace", async () => {
  await host.stop();
  const { removed, left } = await drive<{ removed: { kind: string }[]; left: unknown[] }>("down");
  expect(left).toEqual([]);
  const kinds = ["network device", "nft table", "sysctl", "process", "mount", "folder"];
  expect([...new Set(removed.map(({ kind }) => kind))]).toEqual(expect.arrayContaining(kinds));
  const after = await machine.traces();
  expect({ ...after, processes: [] }).toEqual({ ...before, processes: [] });
  expect(after.processes.filter((process) => process.includes("dnsmasq"))).toEqual([]);
});

/** Calls a function of agent/install in the machine. */
async function drive<Result>(name: "down"): Promise<Result> {
  const program = join(import.meta.dirname, "..", "guard", "drive.ts");
  return JSON.parse(
    await machine.output([process.execPath, program, name, JSON.stringify({ root: machine.root })]),
  );
}
