import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { ServiceRoute } from "../../agent/session/index.ts";
import { type Machine, type MachineProcess, startMachine } from "../lab/index.ts";
import { ask, endpoint, gateway, type Host, port, serve, service, startHost, until, within } from "./lab.ts";

jest.setTimeout(60_000);

const a = endpoint("web-0", "10.64.0.2");
const b = endpoint("web-1", "10.64.0.3");
const web = "240.0.0.1";
const outsideOfHost = "192.0.2.1";
const routes = [
  service("web", web, [a, b], {
    ports: [
      port(81, { targetPort: 8080, publish: 8088 }),
      port(5300, { protocol: "udp", targetPort: 5353, publish: 5301 }),
      port(80, { publish: 8089, hostIp: "127.0.0.1" }),
      port(80, { publish: 8090, hostIp: outsideOfHost }),
    ],
  }),
  service("empty", "240.0.0.2", [], { ports: [port(80, { publish: 8099 })] }),
];

let machine: Machine;
let host: Host;
/** Network namespaces. */
let [first, second, client]: string[] = [];
const outside = "/run/netns/outside";

beforeAll(async () => {
  machine = await startMachine({ name: "alpha" });
  await machine.output(["sh", "-c", foreignRules]);
  host = await startHost(machine);
  await host.assign(routes);
  first = await host.plugIn(a.instance, a.address);
  second = await host.plugIn(b.instance, b.address);
  client = await host.plugIn("client-0-77aa77", "10.64.0.9");
  await machine.output(["sh", "-c", outsideNetwork]);
  const ports = ["tcp:80", "tcp:8080", "tcp:6379", "udp:5353", "udp:514"];
  await Promise.all([
    serve(machine, first, "a", ...ports),
    serve(machine, second, "b", ...ports),
    serve(machine, outside, "outside", "tcp:80", "udp:53"),
  ]);
});

afterAll(async () => await machine.stop());

/** Somebody else's, which must stay as they are. */
const foreignRules =
  "nft add table inet firewall && nft add chain inet firewall input '{ type filter hook input priority 0; }'";
const outsideNetwork = `set -e
  ip netns add outside
  ip link add up0 type veth peer name eth0 netns outside
  ip addr add ${outsideOfHost}/24 dev up0 && ip link set up0 up
  ip -n outside addr add 192.0.2.2/24 dev eth0 && ip -n outside link set eth0 up && ip -n outside link set lo up`;

const both = (clientAddress: string) => [`a ${clientAddress}`, `b ${clientAddress}`];

describe.each([true, false])("with br_netfilter %s", (isOn) => {
  beforeAll(async () => await machine.setBridgeNetfilter(isOn));

  test.each([
    ["from the host", "the host", gateway],
    ["from another instance, whose address the service sees", "an instance", "10.64.0.9"],
  ])("a virtual address is balanced %s", async (_, who, seen) => {
    const from = who === "the host" ? undefined : client;
    expect(new Set(await ask(machine, from, "tcp", web, 80, 20))).toEqual(new Set(both(seen)));
    expect(new Set(await ask(machine, from, "udp", web, 514, 20))).toEqual(new Set(both(seen)));
  });

  test("an instance reaches itself through its service", async () => {
    const answers = [`a ${gateway}`, `b ${a.address}`];
    expect(new Set(await ask(machine, first, "tcp", web, 80, 20))).toEqual(new Set(answers));
    expect(new Set(await ask(machine, first, "udp", web, 514, 20))).toEqual(new Set(answers));
    expect(new Set(await ask(machine, first, "tcp", gateway, 8088, 20))).toEqual(new Set(answers));
  });

  test("published ports serve the host, by loopback too", async () => {
    for (const address of ["127.0.0.1", gateway, outsideOfHost]) {
      const source = address === "127.0.0.1" ? gateway : address;
      expect(new Set(await ask(machine, undefined, "tcp", address, 8088, 20))).toEqual(new Set(both(source)));
      expect(new Set(await ask(machine, undefined, "udp", address, 5301, 20))).toEqual(new Set(both(source)));
    }
  });
});

test("an undeclared port is balanced too, and one with another target port is translated", async () => {
  expect(new Set(await ask(machine, client, "tcp", web, 6379, 20))).toEqual(new Set(both("10.64.0.9")));
  expect(new Set(await ask(machine, client, "tcp", web, 81, 20))).toEqual(new Set(both("10.64.0.9")));
  expect(new Set(await ask(machine, client, "udp", web, 5300, 20))).toEqual(new Set(both("10.64.0.9")));
  expect(await ask(machine, client, "tcp", web, 82)).toEqual(["ECONNREFUSED"]);
});

test("who has no instance to go to is refused, not left waiting", async () => {
  for (const from of [undefined, client, outside]) {
    const dead = from === outside ? [] : ["240.0.0.2", "240.9.9.9", "10.64.3.3"];
    for (const address of dead) {
      expect(await ask(machine, from, "tcp", address, 80)).toEqual(["ECONNREFUSED"]);
      expect(await ask(machine, from, "udp", address, 80)).toEqual(["ECONNREFUSED"]);
    }
    expect(await ask(machine, from, "tcp", outsideOfHost, 8099)).toEqual(["ECONNREFUSED"]);
  }
});

test("published ports serve the outside, whose address the service sees, at the addresses named alone", async () => {
  const seen = new Set(both("192.0.2.2"));
  expect(new Set(await ask(machine, outside, "tcp", outsideOfHost, 8088, 20))).toEqual(seen);
  expect(new Set(await ask(machine, outside, "udp", outsideOfHost, 5301, 20))).toEqual(seen);
  expect(new Set(await ask(machine, outside, "tcp", outsideOfHost, 8090, 20))).toEqual(seen);
  expect(await ask(machine, outside, "tcp", outsideOfHost, 8089)).toEqual(["ECONNREFUSED"]);
  expect(await ask(machine, undefined, "tcp", "127.0.0.1", 8090)).toEqual(["ECONNREFUSED"]);
  expect(new Set(await ask(machine, undefined, "tcp", "127.0.0.1", 8089, 20))).toEqual(
    new Set(both(gateway)),
  );
});

test("who routes our ranges to this host from outside reaches nothing that is not published", async () => {
  const routed = `for range in 10.64.0.0/12 240.0.0.0/4; do ip -n outside route add $range via ${outsideOfHost}; done`;
  await machine.output(["sh", "-c", routed]);
  for (const address of [a.address, web]) {
    expect(await ask(machine, outside, "tcp", address, 80)).toEqual(["silence"]);
    expect(await ask(machine, outside, "udp", address, 514)).toEqual(["silence"]);
  }
  expect(await ask(machine, outside, "udp", gateway, 53)).toEqual(["silence"]);
  expect(new Set(await ask(machine, outside, "tcp", outsideOfHost, 8088, 20))).toEqual(
    new Set(both("192.0.2.2")),
  );
});

test("an instance reaches the outside with the host's address", async () => {
  expect(await ask(machine, client, "tcp", "192.0.2.2", 80)).toEqual([`outside ${outsideOfHost}`]);
  expect(await ask(machine, client, "udp", "192.0.2.2", 53)).toEqual([`outside ${outsideOfHost}`]);
});

test("a packet with a forged source goes no further than the instance's link", async () => {
  const forger = await host.plugIn("forger-0-66bb66", "10.64.0.66");
  const count = "add rule inet firewall seen ip saddr { 10.64.0.66, 10.64.0.98 } ip daddr 10.64.0.2 counter";
  await machine.output([
    "sh",
    "-c",
    `nft 'add chain inet firewall seen { type filter hook prerouting priority 0; }; ${count}'`,
  ]);
  const seen = async () =>
    /packets (\d+)/.exec(await machine.output(["nft", "list", "table", "inet", "firewall"]))?.[1];
  expect(await ask(machine, forger, "tcp", a.address, 80)).toEqual(["a 10.64.0.66"]);
  const before = await seen();
  expect(Number(before)).toBeGreaterThan(0);
  const forge =
    "ip addr add 10.64.0.98/32 dev eth0 && ip route replace default via 169.254.1.1 dev eth0 onlink src 10.64.0.98";
  await machine.output(within(forger, ["sh", "-c", forge]));
  expect(await ask(machine, forger, "tcp", a.address, 80)).toEqual(["silence"]);
  expect(await seen()).toBe(before);
});

test("a change of endpoints leaves an established connection alone, and moves new ones", async () => {
  const one = await connection(client);
  const other = await connection(client, one.name);
  await host.assign(withoutEndpoint(one.name));
  expect(new Set(await ask(machine, client, "tcp", web, 80, 20))).toEqual(
    new Set([`${other.name} 10.64.0.9`]),
  );
  expect([await one.echo("still here"), await other.echo("me too")]).toEqual(["still here", "me too"]);
  await host.assign(routes);
  expect(await one.echo("and now")).toBe("and now");
  for (const { process } of [one, other]) process.killGroup("SIGKILL");
});

describe("a UDP sender moves on when its instance goes out of traffic", () => {
  test.each([
    ["a virtual address", web, 514],
    ["a published port", outsideOfHost, 5301],
  ] as const)("to %s", async (_, address, udpPort) => {
    const sender = await send(address === web ? client : outside, address, udpPort);
    const before = sender.answeredBy();
    await host.assign(withoutEndpoint(before));
    await until(() => sender.answeredBy() !== before, 1_000);
    sender.stop();
    await host.assign(routes);
  });

  test("kill-agent: also when that happens while the agent is away", async () => {
    const sender = await send(client, web, 514);
    const before = sender.answeredBy();
    host.process.kill("SIGKILL");
    await host.process.exited;
    host = await startHost(machine);
    await host.assign(withoutEndpoint(before));
    await until(() => sender.answeredBy() !== before, 1_000);
    sender.stop();
    await host.assign(routes);
  });
});

test("packet rules that somebody flushed: they are back, and other tables are never touched; within 10 s", async () => {
  await machine.output(["nft", "delete", "table", "inet", host.paths.id]);
  await until(
    async () => (await ask(machine, client, "tcp", web, 80))[0]?.endsWith("10.64.0.9") ?? false,
    10_000,
  );
  const tables = (await machine.output(["nft", "list", "tables"])).trim().split("\n");
  expect(tables).toEqual(["table inet firewall", `table inet ${host.paths.id}`]);
  expect(await machine.output(["nft", "list", "table", "inet", "firewall"])).toContain("chain input");
});

/** The routes once the named instance takes no traffic any more. */
function withoutEndpoint(name: string): ServiceRoute[] {
  return routes.map((route) =>
    route.endpoints.length === 0 ? route : { ...route, endpoints: [name === "a" ? b : a] },
  );
}

/** Sends datagrams all the time, from one port; resolves once the first was answered. */
async function send(from: string | undefined, address: string, port: number) {
  const program = join(import.meta.dirname, "sender.ts");
  const child = await machine.spawn(within(from, [process.execPath, program, address, String(port)]));
  let last = "";
  child.stdout?.on("data", (data) => (last = String(data).charAt(0)));
  await until(() => last !== "");
  return { answeredBy: () => last, stop: () => child.killGroup("SIGKILL") };
}

interface Connection {
  /** Who answers. */
  readonly name: string;
  readonly process: MachineProcess;
  echo(line: string): Promise<string>;
}

/** An open connection to the service; to another instance than the one named, if one is. */
async function connection(from: string | undefined, besides?: string): Promise<Connection> {
  for (;;) {
    const process = await machine.spawn(within(from, ["busybox", "nc", web, "80"]));
    const next = async () => {
      const [data] = await once(process.stdout as never, "data", { signal: AbortSignal.timeout(5_000) });
      return String(data).trim();
    };
    const name = (await next()).charAt(0);
    const echo = async (line: string) => {
      process.stdin?.write(`${line}\n`);
      return await next();
    };
    if (name !== besides) return { name, process, echo };
    process.killGroup("SIGKILL");
  }
}
