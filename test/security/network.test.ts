import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Machine, startMachine } from "../lab/index.ts";
import {
  ask,
  endpoint,
  gateway,
  type Host,
  port,
  serve,
  service,
  startHost,
  until,
  within,
} from "../network/lab.ts";
import { buildAttacker } from "./attacker.ts";
import { arpFrame, ipv4Frame, ipv6Frame } from "./frames.ts";

jest.setTimeout(120_000);

const victim = endpoint("web-0", "10.64.0.2");
const web = service("web", "240.0.0.1", [victim], { ports: [port(80, { publish: 8088 })] });
const own = "10.64.0.66";
const metadata = ["169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200"];
const outside = "/run/netns/outside";

let machine: Machine;
let host: Host;
let attacker: string;
/** Network namespaces: in one, all a hostile instance's root may do with its own network. */
let [hostile, trusted, serving]: string[] = [];

beforeAll(async () => {
  machine = await startMachine({ name: "alpha" });
  attacker = await buildAttacker(machine.root);
  await machine.output(["sh", "-ec", outsideNetwork]);
  await machine.output(["nft", "-f", "-"], { input: watchers });
  host = await startHost(machine);
  const readers = [placement("reader-0-11aa11", "10.64.0.3")];
  await host.assign([web], readersOf(readers));
  serving = await host.plugIn(victim.instance, victim.address);
  hostile = await host.plugIn("hostile-0-66bb66", own);
  trusted = await host.plugIn("reader-0-11aa11", "10.64.0.3", { cloudMetadata: true });
  await Promise.all([
    serve(machine, serving, "victim", "tcp:80", "udp:514"),
    serve(machine, outside, "cloud", "tcp:80", "udp:53:169.254.169.254"),
    serve(machine, undefined, "host", "tcp:51679"),
  ]);
});

afterAll(async () => await machine?.stop());

/** A cloud's metadata service behind the uplink, and one that the cloud's own agent on the host answers for. */
const outsideNetwork = `
  ip netns add outside
  ip link add up0 type veth peer name eth0 netns outside
  ip addr add 192.0.2.1/24 dev up0 && ip link set up0 up
  ip -n outside addr add 192.0.2.2/24 dev eth0 && ip -n outside link set eth0 up && ip -n outside link set lo up
  for address in ${metadata.join(" ")}; do
    ip -n outside addr add $address/32 dev lo && ip route add $address via 192.0.2.2
  done
  ip addr add 169.254.170.9/32 dev lo scope host`;

/** Another program's table: counts what instances send before our rules and after, and redirects as clouds' agents do. */
const watchers = `
  table inet watcher {
    chain sent { type filter hook prerouting priority -400; udp sport 4711 counter; icmpv6 type echo-request counter; }
    chain passed { type filter hook prerouting priority -200; udp sport 4711 counter; icmpv6 type echo-request counter; }
    chain redirected { type nat hook prerouting priority dstnat; ip daddr 169.254.170.3 tcp dport 80 dnat ip to ${gateway}:51679; }
  }`;

function placement(id: string, address: string) {
  const slot = { namespace: "shop", service: "reader", serviceUid: "u9", name: "reader-0", index: 0 };
  return { ...slot, id, address, specKey: "u9/1", revision: 1, want: "run" as const, reason: "wanted" };
}

function readersOf(placements: ReturnType<typeof placement>[]) {
  const spec = { namespace: "shop", service: "reader", imageDigest: "", minHealthyTimeMs: 100 };
  return { placements, specs: { "u9/1": { ...spec, inputs: { security: { cloudMetadata: true } } } } };
}

/** How many packets of the attacker were sent, and how many our rules let go on. */
async function counts() {
  const text = await machine.output(["nft", "list", "table", "inet", "watcher"]);
  const of = (chain: string) =>
    [...(text.split(`chain ${chain} `)[1]?.split("}")[0] ?? "").matchAll(/packets (\d+)/g)].reduce(
      (sum, [, packets]) => sum + Number(packets),
      0,
    );
  return { sent: of("sent"), passed: of("passed") };
}

/** Sends a frame from the hostile instance; whether it left there, and whether it got past our rules. */
async function send(frame: string): Promise<{ sent: number; passed: number }> {
  const before = await counts();
  expect(await machine.output(within(hostile, [attacker, "forge", "eth0", frame]))).toBe("ok\n");
  await until(async () => (await counts()).sent > before.sent);
  const after = await counts();
  return { sent: after.sent - before.sent, passed: after.passed - before.passed };
}

describe("a packet made by hand", () => {
  test("with its own source reaches another instance: these frames are good ones", async () => {
    expect(await send(ipv4Frame(own, victim.address))).toEqual({ sent: 1, passed: 1 });
  });

  test.each([
    ["another instance's source", ipv4Frame("10.64.0.3", victim.address)],
    ["the source of an instance of another host", ipv4Frame("10.64.8.8", victim.address)],
    ["the host's source", ipv4Frame(gateway, victim.address)],
    ["the receiver's own source", ipv4Frame(victim.address, victim.address)],
    ["a virtual address as source", ipv4Frame(web.address, victim.address)],
    ["a loopback source", ipv4Frame("127.0.0.1", victim.address)],
    ["somebody else's source", ipv4Frame("192.0.2.2", victim.address)],
    ["no source, to everybody", ipv4Frame("0.0.0.0", "255.255.255.255")],
    ["a source within this network, to everybody", ipv4Frame(own, "224.0.0.251")],
    ["the host's loopback as destination", ipv4Frame(own, "127.0.0.1")],
    ["IPv6, to all of the link", ipv6Frame(`ff02${"00".repeat(13)}01`)],
  ])("with %s ends at the instance's link", async (_, frame) => {
    expect(await send(frame)).toEqual({ sent: 1, passed: 0 });
  });
});

test("an ARP answer that claims another's address moves no traffic", async () => {
  const claims = [victim.address, gateway, "10.64.0.3", "192.0.2.2"].map((claimed) =>
    arpFrame(claimed, gateway),
  );
  expect(await machine.output(within(hostile, [attacker, "forge", "eth0", ...claims]))).toBe("ok\n");
  // Frames of one link are handled in order: what follows the claims was seen after them.
  expect(await send(ipv4Frame(own, victim.address))).toEqual({ sent: 1, passed: 1 });
  expect((await ask(machine, undefined, "tcp", victim.address, 80))[0]).toMatch(/^victim /);
  expect(await ask(machine, trusted, "tcp", web.address, 80)).toEqual(["victim 10.64.0.3"]);
  const neighbours = await machine.output(["ip", "neigh", "show"]);
  expect(neighbours.match(/^\S+(?=.* lladdr 02:00:00:00:00:01)/gm) ?? []).toEqual([]);
});

test("an instance has no IPv6 address but its loopback's and the link's own", async () => {
  const addresses = await machine.output(
    within(hostile, ["ip", "-6", "-o", "addr", "show", "scope", "global"]),
  );
  expect(addresses).toBe("");
});

describe("metadata endpoints of clouds", () => {
  const local = "169.254.170.9";

  beforeAll(async () => {
    await serve(machine, undefined, "ecs", `tcp:80:${local}`);
  });

  test.each([...metadata, local])(
    "%s refuses an instance that may not ask it, and tells one that may",
    async (address) => {
      expect(await ask(machine, undefined, "tcp", address, 80)).toHaveLength(1); // the host itself may
      expect(await ask(machine, hostile, "tcp", address, 80)).toEqual(["ECONNREFUSED"]);
      expect((await ask(machine, trusted, "tcp", address, 80))[0]).toMatch(/^(cloud|ecs) /);
    },
  );

  test("datagrams too, and what another program's rules lead to the host", async () => {
    expect(await ask(machine, hostile, "udp", "169.254.169.254", 53)).toEqual(["ECONNREFUSED"]);
    expect((await ask(machine, trusted, "udp", "169.254.169.254", 53))[0]).toMatch(/^cloud /);
    expect(await ask(machine, hostile, "tcp", "169.254.170.3", 80)).toEqual(["ECONNREFUSED"]);
    expect((await ask(machine, trusted, "tcp", "169.254.170.3", 80))[0]).toMatch(/^host /);
  });

  test("a published port answers who asks from such an address, as load balancers do", async () => {
    const asked = "ip -n outside route add 192.0.2.1/32 dev eth0 src 168.63.129.16";
    await machine.output(asked.split(" "));
    expect(await ask(machine, outside, "tcp", "192.0.2.1", 8088)).toEqual(["victim 168.63.129.16"]);
  });

  test("the right goes with the instance: its address alone is worth nothing to the next one", async () => {
    await host.assign([web]);
    await until(
      async () => (await ask(machine, trusted, "tcp", "169.254.169.254", 80))[0] === "ECONNREFUSED",
    );
    const again = host.plugIn("reader-0-22bb22", "10.64.0.4", { cloudMetadata: true });
    await host.assign([web], readersOf([placement("reader-0-22bb22", "10.64.0.4")]));
    expect((await ask(machine, await again, "tcp", "169.254.169.254", 80))[0]).toMatch(/^cloud /);
  });
});
