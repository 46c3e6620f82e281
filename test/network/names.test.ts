import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { type Machine, startMachine } from "../lab/index.ts";
import { endpoint, type Host, query, service, startHost, until, within } from "./lab.ts";

jest.setTimeout(60_000);

const web0 = endpoint("web-0", "10.64.0.2");
const web1 = endpoint("web-1", "10.64.0.3");
const web = service("web", "240.0.0.1", [web0, web1], { aliases: ["www"] });
const peers = service("peers", "240.0.0.2", [web0, web1], { discovery: "instances" });
const none = service("none", "240.0.0.3", [], { discovery: "instances" });
const down = service("down", "240.0.0.4", []);

let machine: Machine;
let host: Host;
let client: string;

beforeAll(async () => {
  machine = await startMachine({ name: "alpha" });
  host = await startHost(machine);
  await host.assign([web, peers, none, down]);
  client = await host.plugIn("client-0-77aa77", "10.64.0.9");
  await answers({ "web.shop.internal": "NOERROR 240.0.0.1/0s" });
});

afterAll(async () => await machine.stop());

test("names of services, aliases and slots", async () => {
  const expected = {
    "web.shop.internal": "NOERROR 240.0.0.1/0s",
    "WEB.Shop.Internal": "NOERROR 240.0.0.1/0s",
    "www.shop.internal": "NOERROR 240.0.0.1/0s",
    "web-0.web.shop.internal": "NOERROR 10.64.0.2/0s",
    "web-1.web.shop.internal": "NOERROR 10.64.0.3/0s",
    "peers.shop.internal": "NOERROR 10.64.0.2/0s 10.64.0.3/0s",
    "down.shop.internal": "NOERROR 240.0.0.4/0s",
    "none.shop.internal": "NXDOMAIN",
    "nosuch.shop.internal": "NXDOMAIN",
    web: "NXDOMAIN",
    // Not ours, so asked of the host's own servers: here there are none that answer.
    "nosuch.other.internal": "REFUSED",
    "example.com": "REFUSED",
  };
  for (const from of [client, undefined]) {
    expect(await query(machine, from, "A", ...Object.keys(expected))).toEqual(expected);
  }
});

test("the C library finds names in short, by what an instance's resolv.conf says", async () => {
  const file = join(machine.root, "resolv.conf");
  writeFileSync(file, "nameserver 10.64.0.1\nsearch shop.internal internal\noptions ndots:2\n");
  const script = `mount --bind ${file} /etc/resolv.conf; for name; do getent ahostsv4 $name | grep STREAM || echo none; done`;
  const names = ["web", "web.shop", "web.shop.internal", "web-0.web", "none", "nosuch.shop"];
  const found = await machine.output(within(client, ["unshare", "-m", "sh", "-c", script, "sh", ...names]));
  const addresses = found
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/)[0]);
  expect(addresses).toEqual(["240.0.0.1", "240.0.0.1", "240.0.0.1", "10.64.0.2", "none", "none"]);
});

test("our names have no IPv6 address, and say so without an error", async () => {
  const expected = {
    "web.shop.internal": "NOERROR",
    "peers.shop.internal": "NOERROR",
    "web-0.web.shop.internal": "NOERROR",
    "nosuch.shop.internal": "NXDOMAIN",
  };
  expect(await query(machine, client, "AAAA", ...Object.keys(expected))).toEqual(expected);
});

test("a change is followed within a second", async () => {
  await host.assign([{ ...peers, endpoints: [web1] }]);
  await answers({ "peers.shop.internal": "NOERROR 10.64.0.3/0s", "web.shop.internal": "NXDOMAIN" }, 1_000);
  await host.assign([web, peers, none, down]);
  await answers({ "web.shop.internal": "NOERROR 240.0.0.1/0s" }, 1_000);
});

test("it has given up root's rights and listens at the host's own address alone", async () => {
  expect((await machine.output(["ps", "-o", "user=", "-p", await serverPid()])).trim()).toBe("nobody");
  const sockets = (await machine.output(["ss", "-lnH"])).split("\n").filter((line) => line.includes(":53 "));
  expect(sockets.map((line) => line.split(/\s+/)[4])).toEqual(["10.64.0.1:53", "10.64.0.1:53"]);
});

test("kill -9 of the name server: another one answers; within 5 s", async () => {
  const before = await serverPid();
  await machine.output(["kill", "-9", before]);
  await answers({ "web.shop.internal": "NOERROR 240.0.0.1/0s" }, 5_000);
  expect(await serverPid()).not.toBe(before);
});

test("kill -9 of the agent: names go on being answered, and the next agent adopts their server; at once", async () => {
  const before = await serverPid();
  host.process.kill("SIGKILL");
  await host.process.exited;
  await answers({ "web.shop.internal": "NOERROR 240.0.0.1/0s" }, 0);
  host = await startHost(machine);
  await host.assign([{ ...web, address: "240.0.0.77" }]);
  await answers({ "web.shop.internal": "NOERROR 240.0.0.77/0s" }, 1_000);
  expect(await serverPid()).toBe(before);
  expect(host.log()).toContain("name server adopted");
});

test("the files hold nothing but what is in use", () => {
  const folder = join(host.paths.runDir, "dns");
  expect(existsSync(join(folder, "hosts"))).toBe(true);
  expect(readdirSync(folder).filter((name) => name.startsWith("dnsmasq-"))).toHaveLength(1);
});

async function serverPid(): Promise<string> {
  return (await machine.output(["pgrep", "-x", "dnsmasq"])).trim();
}

async function answers(expected: Readonly<Record<string, string>>, limitMs = 5_000): Promise<void> {
  await until(async () => {
    const found = await query(machine, client, "A", ...Object.keys(expected));
    return Object.entries(expected).every(([name, answer]) => found[name] === answer);
  }, limitMs);
}
