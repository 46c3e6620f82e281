import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { agentPaths, type Instance, ports, tunnelDevice } from "../../contract/index.ts";
import { until } from "../control/until.ts";
import { owner } from "../faults/service.ts";
import type { Host } from "../lab/index.ts";
import { network, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  // A server, a host on its network, and two that can only dial out, each by a box of its own.
  cluster = await startCluster(4, 1, { behindNat: 2 });
  await cluster.serve("web", { perHost: true });
  await cluster.healthy("web");
});
afterAll(async () => await cluster?.[Symbol.asyncDispose]());

test("instances on all hosts reach each other, and nothing of it is to be seen between the hosts", async () => {
  const watch = `table inet seen {
  chain arrived {
    type filter hook prerouting priority -310
    iifname eth0 ip saddr ${network.cidr} counter comment "bare"
    iifname eth0 udp dport ${ports.wireguard} counter
  }
}
`;
  for (const host of cluster.lab.hosts) await host.output(["nft", "-f", "-"], { input: watch });
  await everyoneReachesEveryone();
  for (const host of cluster.lab.hosts.slice(0, 2)) {
    const seen = await host.output(["nft", "list", "table", "inet", "seen"]);
    expect(seen).toMatch(/packets 0 bytes 0 comment "bare"\n.*packets [1-9]/);
  }
});

test("a host that only dials out keeps its ways open; between two of them the server passes packets on", async () => {
  const [server, plain, edge, other] = cluster.lab.hosts.map((host) => ({ host, key: keyOf(host) }));
  const keepAlive = await show(edge?.host, "persistent-keepalive");
  expect(keepAlive.get((await server?.key) ?? "")).toBe("25");
  expect(keepAlive.get((await plain?.key) ?? "")).toBe("25");
  const ranges = await show(edge?.host, "allowed-ips");
  expect(ranges.has((await other?.key) ?? "")).toBe(false);
  expect(ranges.get((await server?.key) ?? "")?.split(" ")).toHaveLength(2);
  expect([...(await show(server?.host, "persistent-keepalive")).values()]).toEqual(["off", "off", "off"]);
});

test("a private key is in one file, for root alone", async () => {
  for (const host of cluster.lab.hosts) {
    const file = `${pathsOf(host).stateDir}/wireguard.key`;
    expect(await host.output(["stat", "-c", "%a %U", file])).toBe("600 root\n");
    const secret = (await host.output(["cat", file])).trim();
    const spread = await host.run([
      "grep",
      "-rlF",
      "--exclude=wireguard.key",
      secret,
      pathsOf(host).stateDir,
    ]);
    expect(spread.stdout).toBe("");
  }
});

test("kill -9 of a host's agent: its tunnel is not touched", async () => {
  const [server, plain] = cluster.lab.hosts as [Host, Host];
  const before = cluster.pids(plain, "wireguard-go");
  expect(before).toHaveLength(1);
  const agents = cluster
    .pids(plain, "/agent/main.js run")
    .filter((pid) => !cluster.pids(plain, "constellation-guard").includes(pid));
  await plain.output(["kill", "-9", ...agents.map(String)]);
  await reaches(await instanceOn(server), await instanceOn(plain));
  await cluster.isState(plain, "ready");
  expect(cluster.pids(plain, "wireguard-go")).toEqual(before);
});

test("kill -9 of a userspace tunnel: it is there again with its key and its peers; within 20 s", async () => {
  const [, plain, edge] = cluster.lab.hosts as [Host, Host, Host];
  const known = await show(plain, "allowed-ips");
  const key = await keyOf(plain);
  const remembered = `${pathsOf(plain).stateDir}/wireguard.endpoints`;
  await until("it to have looked where the two are", async () => {
    const { stdout } = await plain.run(["jq", "length", remembered]);
    return stdout.trim() === "2" ? true : undefined;
  });
  const [pid] = cluster.pids(plain, "wireguard-go");
  await plain.output(["kill", "-9", String(pid)]);
  await until("another tunnel", async () =>
    cluster.pids(plain, "wireguard-go").some((one) => one !== pid) ? true : undefined,
  );
  await until("its peers", async () =>
    (await show(plain, "allowed-ips").catch(() => new Map())).size === known.size ? true : undefined,
  );
  expect(await keyOf(plain)).toBe(key);
  await reaches(await instanceOn(edge), await instanceOn(plain));
  await everyoneReachesEveryone();
});

test("an underlay that takes less: the tunnel is as much narrower, and what instances send gets through; within 20 s", async () => {
  const [server, plain] = cluster.lab.hosts as [Host, Host];
  const mtu = async () => Number(await plain.output(["cat", `/sys/class/net/${deviceOf(plain)}/mtu`]));
  expect(await mtu()).toBe(1500 - 60);
  await plain.output(["ip", "link", "set", "eth0", "mtu", "1300"]);
  await until("a narrower tunnel", async () => ((await mtu()) === 1300 - 60 ? true : undefined));
  const [from, to] = [await instanceOn(server), await instanceOn(plain)];
  await cluster.exec(to.id, ["sh", "-c", "head -c 300000 /dev/zero > /etc/large"]);
  const { stdout } = await cluster.exec(from.id, [
    "sh",
    "-c",
    `timeout 10 wget -qO- http://${to.name}.web:8000/large | wc -c`,
  ]);
  expect(stdout.trim()).toBe("300000");
  await plain.output(["ip", "link", "set", "eth0", "mtu", "1500"]);
  await until("the width it had", async () => ((await mtu()) === 1440 ? true : undefined));
});

test("direct, in place: packets between hosts that can dial each other go as they are, others' still in tunnels; and back", async () => {
  const [server, plain, edge] = cluster.lab.hosts as [Host, Host, Host];
  const to = await instanceOn(plain);
  const way = async () => await server.output(["ip", "route", "get", to.address]);
  await cluster.client.putCluster({ owner, name: "home", network: { ...network, mode: "direct" } });
  await until("a bare way", async () =>
    (await way()).includes(`via ${plain.address} dev eth0`) ? true : undefined,
  );
  expect((await show(server, "allowed-ips")).has(await keyOf(plain))).toBe(false);
  expect((await show(server, "allowed-ips")).has(await keyOf(edge))).toBe(true);
  await everyoneReachesEveryone();
  await cluster.client.putCluster({ owner, name: "home", network });
  await until("a tunnel again", async () => ((await way()).includes(deviceOf(server)) ? true : undefined));
  await everyoneReachesEveryone();
});

test("a host that leaves takes its tunnel along", async () => {
  const [server, , , edge] = cluster.lab.hosts as [Host, Host, Host, Host];
  const key = await keyOf(edge);
  await cluster.agent(edge, ["down"]);
  expect(cluster.pids(edge, "wireguard-go")).toEqual([]);
  expect(await edge.output(["sh", "-c", "ls /run/wireguard; ip -brief link"])).not.toMatch(deviceOf(edge));
  await until("no peer", async () => ((await show(server, "allowed-ips")).has(key) ? undefined : true));
});

const pathsOf = (host: Host) => agentPaths(`${host.root}/c`);
const deviceOf = (host: Host) => tunnelDevice(pathsOf(host));
const keyOf = async (host: Host) => (await host.output(["wg", "show", deviceOf(host), "public-key"])).trim();

/** One thing that `wg show` tells, by the peer's key. */
async function show(
  host: Host | undefined,
  what: "allowed-ips" | "persistent-keepalive",
): Promise<Map<string, string>> {
  if (host === undefined) throw new Error("there is no such host");
  const text = await host.output(["wg", "show", deviceOf(host), what]);
  return new Map(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t") as [string, string]),
  );
}

async function instanceOn(host: Host): Promise<Instance> {
  const all = await cluster.client.listInstances({ service: "web" });
  const found = all.find((one) => one.host === host.hostname);
  if (found === undefined) throw new Error(`no instance on ${host.hostname}`);
  return found;
}

async function everyoneReachesEveryone(): Promise<void> {
  const all = await cluster.healthy("web");
  for (const from of all) for (const to of all) await reaches(from, to);
}

/** In a while: who was away may have to be heard of first. */
async function reaches(from: Instance, to: Instance): Promise<void> {
  await until(`${from.host} to reach ${to.host}`, async () => {
    const asked = await cluster.exec(from.id, [
      "timeout",
      "3",
      "wget",
      "-qO-",
      `http://${to.name}.web:8000/hostname`,
    ]);
    return asked.stdout === `${to.name}\n` ? true : undefined;
  });
}
