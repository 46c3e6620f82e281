import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Assignment, Peer } from "../../agent/session/index.ts";
import { type Lab, type Host as LabHost, lab } from "../lab/index.ts";
import {
  ask,
  endpoint,
  type Host,
  hostAddresses,
  port,
  queryAt,
  serve,
  service,
  startHost,
  until,
} from "./lab.ts";

jest.setTimeout(60_000);

const near = endpoint("web-0", "10.64.0.2");
const far = endpoint("web-1", "10.64.4.2", "beta");
const web = "240.0.0.1";
const onlyFar = "240.0.0.2";
const routes = [
  service("web", web, [near, far], { ports: [port(80, { publish: 8080 })] }),
  service("far", onlyFar, [far], { ports: [port(80, { publish: 8081 })] }),
];
const beta: Assignment["host"] = {
  ...hostAddresses,
  name: "beta",
  cidr: "10.64.4.0/22",
  gateway: "10.64.4.1",
};

describe.each(["direct", "wireguard"])("hosts joined by %s", (way) => {
  let here: Lab;
  let [one, two, rogue]: LabHost[] = [];
  let [alpha, other]: Host[] = [];
  /** Network namespaces of instances. */
  let [nearPlace, farPlace, client]: string[] = [];

  let all: Peer[] = [];

  beforeAll(async () => {
    here = await lab.up(3);
    [one, two, rogue] = here.hosts;
    [alpha, other] = await Promise.all([startHost(machine(one)), startHost(machine(two), beta)]);
    const keys = await Promise.all([alpha, other].map(async (host) => await host?.publicKey()));
    const key = (index: number) => (way === "direct" ? {} : { wireguardKey: keys[index] ?? "" });
    all = [
      { name: "alpha", address: machine(one).address, cidr: hostAddresses.cidr, ...key(0) },
      { name: "beta", address: machine(two).address, cidr: beta.cidr, ...key(1) },
    ];
    await Promise.all([alpha, other].map(async (host) => await host?.assign(routes, { peers: all })));
    nearPlace = await alpha?.plugIn(near.instance, near.address);
    client = await alpha?.plugIn("client-0-77aa77", "10.64.0.9");
    farPlace = await other?.plugIn(far.instance, far.address);
    await Promise.all([
      serve(machine(one), nearPlace, "near", "tcp:80", "udp:53"),
      serve(machine(two), farPlace, "far", "tcp:80", "udp:53"),
    ]);
  });

  afterAll(async () => await here?.down());

  test("instances of two hosts see each other's own addresses", async () => {
    for (const protocol of ["tcp", "udp"] as const) {
      const number = protocol === "tcp" ? 80 : 53;
      expect(await ask(machine(one), client, protocol, far.address, number)).toEqual(["far 10.64.0.9"]);
      expect(await ask(machine(two), farPlace, protocol, near.address, number)).toEqual(["near 10.64.4.2"]);
      expect(await ask(machine(one), undefined, protocol, far.address, number)).toEqual(["far 10.64.0.1"]);
    }
  });

  test("a virtual address is balanced over the instances of all hosts, from each of them", async () => {
    const fromClient = await ask(machine(one), client, "tcp", web, 80, 20);
    expect(new Set(fromClient)).toEqual(new Set(["near 10.64.0.9", "far 10.64.0.9"]));
    const fromHost = await ask(machine(two), undefined, "udp", web, 53, 20);
    expect(new Set(fromHost)).toEqual(new Set(["near 10.64.4.1", "far 10.64.4.1"]));
  });

  test("a published port prefers the host's own instance, which sees the client; else another host's answers", async () => {
    const laptop = "192.168.77.1";
    const asked = async (host: LabHost | undefined, number: number) =>
      new Set(await ask(here.machine, undefined, "tcp", machine(host).address, number, 10));
    expect(await asked(one, 8080)).toEqual(new Set([`near ${laptop}`]));
    expect(await asked(two, 8080)).toEqual(new Set([`far ${laptop}`]));
    expect(await asked(one, 8081)).toEqual(new Set(["far 10.64.0.1"]));
    expect(await asked(two, 8081)).toEqual(new Set([`far ${laptop}`]));
  });

  test("names span hosts", async () => {
    const names = await queryAt(
      machine(two),
      farPlace,
      beta.gateway,
      "A",
      "web.shop.internal",
      "far.shop.internal",
    );
    expect(names).toEqual({
      "web.shop.internal": `NOERROR ${web}/0s`,
      "far.shop.internal": `NOERROR ${onlyFar}/0s`,
    });
  });

  test("who is no host of the cluster reaches no instance, by its own address or one of the cluster's", async () => {
    const intruder = machine(rogue);
    const claims = ["10.64.0.77", "10.64.8.2"];
    const door = machine(one).address;
    const script = `ip route add 10.64.0.0/22 via ${door}; ip route add 240.0.0.0/4 via ${door}
    for claim in ${claims.join(" ")}; do ip address add $claim/32 dev lo; done`;
    await intruder.output(["sh", "-c", script]);
    for (const target of [near.address, web]) {
      expect(await ask(intruder, undefined, "udp", target, 53)).toEqual(["silence"]);
    }
    // The other host's own range is taken from where that host is alone.
    const elsewhere = `set -e
    ip netns add outside
    ip link add up0 type veth peer name eth0 netns outside
    ip address add 192.0.2.1/24 dev up0 && ip link set up0 up
    ip -n outside link set eth0 up && ip -n outside link set lo up
    ip -n outside address add 192.0.2.2/24 dev eth0 && ip -n outside address add ${far.address}/32 dev lo
    ip -n outside route add 10.64.0.0/22 via 192.0.2.1
    nft -f - <<END
table inet seen {
  chain arrived { type filter hook prerouting priority -310; ip daddr ${near.address} ip saddr { ${claims}, ${far.address} } counter; }
  chain passed { type filter hook forward priority -10; ip daddr ${near.address} ip saddr { ${claims}, ${far.address} } counter; }
}
END`;
    await machine(one).output(["bash", "-c", elsewhere]);
    for (const claim of claims) await intruder.output(sendFrom(claim));
    await machine(one).output(["ip", "netns", "exec", "outside", ...sendFrom(far.address)]);
    const { stdout: arrived } = await machine(one).run(["nft", "list", "chain", "inet", "seen", "arrived"]);
    const { stdout: passed } = await machine(one).run(["nft", "list", "chain", "inet", "seen", "passed"]);
    expect([arrived, passed]).toEqual([
      expect.stringContaining("packets 3 "),
      expect.stringContaining("packets 0 "),
    ]);
  });

  test("what leads to a host that left is taken away, and what somebody else took away comes back", async () => {
    const wayOut = () =>
      way === "direct" ? `via ${machine(two).address} dev eth0` : `dev ${tunnelOf(alpha)}`;
    const ways = async () => await machine(one).output(["ip", "route", "show", "10.64.4.0/22"]);
    await machine(one).output(["ip", "route", "delete", "10.64.4.0/22"]);
    await until(async () => (await ways()).includes(wayOut()), 20_000);
    await alpha?.assign(routes, { peers: [] });
    expect(await ways()).toBe("");
    await alpha?.assign(routes, { peers: all });
    expect(await ways()).toContain(wayOut());
  });

  test("without an agent on either host everything goes on", async () => {
    await Promise.all([alpha?.stop(), other?.stop()]);
    expect(new Set(await ask(machine(one), client, "tcp", web, 80, 20)).size).toBe(2);
    expect(await ask(machine(two), farPlace, "tcp", near.address, 80)).toEqual(["near 10.64.4.2"]);
  });
});

/** A datagram to an instance. */
function sendFrom(address: string): string[] {
  const send = `this.send("x", 53, "${near.address}", () => this.close())`;
  return [
    "node",
    "-e",
    `require("dgram").createSocket("udp4").bind(0, "${address}", function () { ${send} })`,
  ];
}

/** The hosts are there once `beforeAll` has passed. */
function machine(host: LabHost | undefined): LabHost {
  if (host === undefined) throw new Error("no such host");
  return host;
}

const tunnelOf = (host: Host | undefined) => `${host?.paths.devicePrefix}1`;
