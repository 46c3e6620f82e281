import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { isPinned, type Network, readSysctl, writeSysctl } from "../../../agent/adapters/libc/index.ts";
import type { Check, Implementation } from "./implementations.ts";

const anchor = {
  device: "cst-gw",
  address: "10.64.0.1",
  routed: ["240.0.0.0/4"],
  unreachable: ["10.64.0.0/22"],
};
const mtu = 1450;

export const checkAnchor: Check = async ({ network }) => {
  await network.ensureAnchor(anchor);
  await network.ensureAnchor(anchor);
  assert.deepEqual(
    (await network.listLinks("cst-")).map(({ name, state }) => [name, state]),
    [["cst-gw", "up"]],
  );
  assert.deepEqual(await network.listAddresses("cst-"), [
    { device: "cst-gw", address: "10.64.0.1", prefixLength: 32 },
  ]);
  assert.deepEqual(await network.listRoutes("cst-"), [
    { destination: "10.64.0.0/22", type: "unreachable" },
    { destination: "240.0.0.0/4", type: "unicast", device: "cst-gw", source: "10.64.0.1" },
  ]);
  await assert.rejects(
    answer("10.64.0.9"),
    { code: "EHOSTUNREACH" },
    "an address without instance fails at once",
  );
  await network.removeAnchor(anchor);
  await network.removeAnchor(anchor);
  assert.deepEqual(await network.listLinks("cst-"), []);
  assert.deepEqual(await network.listRoutes("cst-"), []);
};

/** Routes to other hosts are seen and taken away by their source alone, and go with the anchor that has it. */
export const checkRoutes: Check = async ({ network, run }) => {
  const ip = async (...words: string[]) => assert.equal((await run(["ip", ...words])).code, 0);
  await network.ensureAnchor(anchor);
  await ip("link", "add", "wire", "type", "bridge");
  await ip("address", "add", "10.77.0.11/24", "dev", "wire");
  await ip("link", "set", "wire", "up");
  await ip("route", "add", "10.64.12.0/22", "via", "10.77.0.13");
  const route = { destination: "10.64.4.0/22", gateway: "10.77.0.12", source: anchor.address };
  const seen = { type: "unicast", device: "wire", ...route };
  const ours = async () =>
    (await network.listRoutes("wire")).filter(({ source }) => source === anchor.address);
  await network.ensureRoute({ ...route, gateway: "10.77.0.99" });
  await network.ensureRoute(route);
  assert.deepEqual(await ours(), [seen]);
  const foreign = { destination: "10.64.12.0/22", source: anchor.address };
  await network.deleteRoute(foreign);
  await network.deleteRoute(route);
  await network.deleteRoute(route);
  assert.deepEqual(await ours(), []);
  await assert.rejects(network.ensureRoute({ ...route, gateway: "192.0.2.1" }));
  await network.ensureRoute(route);
  await network.removeAnchor(anchor);
  const left = (await network.listRoutes("wire")).map(({ destination }) => destination);
  assert.deepEqual(left, ["10.64.12.0/22", "10.77.0.0/24"]);
  await ip("link", "delete", "wire");
};

export const checkPlugIn: Check = async ({ network, spawner }, folder) => {
  await network.ensureAnchor(anchor);
  const first = { netnsFile: join(folder, "a"), hostDevice: "cst-a", address: "10.64.0.2", mtu };
  const second = { netnsFile: join(folder, "b"), hostDevice: "cst-b", address: "10.64.0.3", mtu };
  await network.plugIn(first);
  await network.plugIn(second);
  await network.plugIn(first);
  assert.equal(isPinned(first.netnsFile), true);
  const [link] = await network.listLinks("cst-a");
  assert.deepEqual([link?.mac, link?.mtu, link?.state], ["ee:ee:ee:ee:ee:ee", mtu, "up"]);
  const server = await serveIn(spawner, first.netnsFile, "name");
  assert.equal(await answer("10.64.0.2"), "10.64.0.1", "the host reaches it, from the anchor's address");
  assert.equal(writeSysctl("net.ipv4.ip_forward", "1"), "0");
  assert.equal(readSysctl("net.ipv4.ip_forward"), "1");
  const client = await spawner.spawn({
    argv: ["nsenter", `--net=${second.netnsFile}`, process.execPath, "-e", clientProgram],
    fds: { 1: "output" },
  });
  assert.equal(
    await text(client.outputs.get(1) as NodeJS.ReadableStream),
    "10.64.0.3",
    "and so does another one",
  );
  assert.equal(writeSysctl("net.ipv4.ip_forward", "0"), "1");
  server.kill("SIGKILL");
  await server.exited;
  for (const { netnsFile } of [first, second, first]) await network.unplug({ netnsFile });
  assert.equal(existsSync(first.netnsFile), false);
  await untilGone(network, "cst-a");
  await untilGone(network, "cst-b");
  await network.removeAnchor(anchor);
};

/** Every state in which a crash can leave things between two steps: the same call must bring it to the end. */
export const checkRepair: Check = async ({ network, run }, folder) => {
  const link = { netnsFile: join(folder, "a"), hostDevice: "cst-a", address: "10.64.0.2", mtu };
  const isWhole = async () => {
    const inside = await run(["nsenter", `--net=${link.netnsFile}`, "ip", "-br", "address", "show", "eth0"]);
    assert.match(inside.stdout, /^eth0@\S+ +UP +10\.64\.0\.2\/32/);
    assert.deepEqual(await network.listRoutes("cst-"), [
      { destination: "10.64.0.2/32", type: "unicast", device: "cst-a" },
    ]);
  };
  const leftovers: Record<string, () => unknown> = {
    "a file that nothing is mounted on": () => writeFileSync(link.netnsFile, ""),
    "an empty namespace": () => network.createNetns(link.netnsFile),
    "a device of that name without a namespace": () => run(["ip", "link", "add", "cst-a", "type", "bridge"]),
    "a host's end whose namespace was unpinned just now": async () => {
      await network.plugIn(link);
      await network.unplug(link);
    },
    "an instance's end that belongs to another pair": async () => {
      await network.createNetns(link.netnsFile);
      const veth = ["link", "add", "x-1", "type", "veth", "peer", "name", "eth0", "netns", link.netnsFile];
      await run(["ip", ...veth]);
    },
    "a pair without addresses": async () => {
      await network.createNetns(link.netnsFile);
      const veth = ["link", "add", "cst-a", "type", "veth", "peer", "name", "eth0", "netns", link.netnsFile];
      await run(["ip", ...veth]);
    },
  };
  for (const leave of Object.values(leftovers)) {
    await leave();
    await network.plugIn(link);
    await isWhole();
    await network.plugIn(link);
    await isWhole();
    await network.unplug(link);
    await untilGone(network, "cst-a");
    await run(["ip", "link", "delete", "x-1"]);
  }
  await assert.rejects(network.plugIn({ ...link, netnsFile: join(folder, "absent", "a") }), {
    code: "ENOENT",
  });
  await assert.rejects(network.plugIn({ ...link, hostDevice: "a-name-that-is-too-long" }));
  await network.unplug(link);
  assert.equal(await network.deleteLink("cst-a"), false);
};

export const checkConntrack: Check = async ({ network, conntrack, spawner, run }, folder) => {
  await network.ensureAnchor(anchor);
  const links = ["10.64.0.2", "10.64.0.3"].map((address, index) => {
    return { netnsFile: join(folder, String(index)), hostDevice: `cst-${index}`, address, mtu };
  });
  for (const link of links) await network.plugIn(link);
  const rules = links.map(
    ({ address }, index) => `ip daddr 240.0.0.5 udp dport ${7000 + index} dnat to ${address}:7`,
  );
  const chain = `type nat hook output priority -100; ${rules.join("\n")}`;
  const loaded = await run(["nft", "-f", "-"], { input: `table ip lab {\nchain output {\n${chain}\n}\n}` });
  assert.equal(loaded.code, 0, loaded.stderr);
  const servers = await Promise.all(links.map(({ netnsFile }) => serveIn(spawner, netnsFile, "echo")));
  const socket = createSocket("udp4");
  for (const port of [7000, 7001]) {
    socket.send("x", port, "240.0.0.5");
    await once(socket, "message", { signal: AbortSignal.timeout(5_000) });
  }
  const forget = (...sources: string[]) =>
    conntrack.deleteUdpFlows(
      sources.map((replySource) => ({ originalDestination: "240.0.0.5", replySource })),
    );
  /** So many that not each is asked for by itself. */
  const strangers = Array.from({ length: 50 }, (_, at) => `10.64.1.${at}`);
  assert.equal(await forget("10.64.0.99"), 0);
  assert.equal(await forget(...strangers), 0);
  assert.equal(await forget("10.64.0.2"), 1);
  assert.equal(await forget("10.64.0.2"), 0);
  assert.equal(await forget(...strangers, "10.64.0.3"), 1);
  assert.equal(await forget(...strangers, "10.64.0.3"), 0);
  socket.close();
  for (const server of servers) {
    server.kill("SIGKILL");
    await server.exited;
  }
  for (const link of links) {
    await network.unplug(link);
    await untilGone(network, link.hostDevice);
  }
  await run(["nft", "delete", "table", "ip", "lab"]);
  await network.removeAnchor(anchor);
};

/** A request is on its way from when its connection last received more recently than it sent, until that turns. */
export const checkSockets: Check = async ({ network, sockets, spawner }, folder) => {
  await network.ensureAnchor(anchor);
  const link = { netnsFile: join(folder, "a"), hostDevice: "cst-a", address: "10.64.0.2", mtu };
  await network.plugIn(link);
  const server = await serveIn(spawner, link.netnsFile, "late");
  const client = connect(80, link.address);
  await once(client, "connect");
  const look = async () => {
    const [first, ...others] = (await sockets.listTcp(link.netnsFile)).filter(
      (socket) => socket.kind === "connected",
    );
    assert.ok(first !== undefined && others.length === 0);
    return first;
  };
  const kinds = (await sockets.listTcp(link.netnsFile)).map(({ kind, port }) => [kind, port]);
  assert.deepEqual(kinds.sort(), [
    ["connected", 80],
    ["listening", 80],
  ]);
  await delay(50); // The kernel counts in ticks of up to 10 ms: what shall differ must lie some of them apart.
  client.write("ask");
  await delay(50);
  const asked = await look();
  assert.ok(asked.receivedAgoMs < asked.sentAgoMs, `asked: ${JSON.stringify(asked)}`);
  const { receivedAgoMs: _, sentAgoMs: __, ...rest } = asked;
  assert.deepEqual(rest, {
    ...{ kind: "connected", port: 80, isInside: false, hasReceived: true, hasSent: false },
    ...{ unreadBytes: 0, unsentBytes: 0 },
  });
  assert.equal(String(await once(client, "data").then(([data]) => data)), "answer");
  const answered = await look();
  assert.ok(answered.sentAgoMs < answered.receivedAgoMs, `answered: ${JSON.stringify(answered)}`);
  client.destroy();
  server.kill("SIGKILL");
  await server.exited;
  await network.unplug(link);
  await assert.rejects(sockets.listTcp(link.netnsFile), { code: "ENOENT" });
  await untilGone(network, link.hostDevice);
  await network.removeAnchor(anchor);
};

const programs = {
  /** Answers who it is that connects. */
  name: `require("net").createServer((s) => s.end(s.remoteAddress)).listen(80, "0.0.0.0", () => console.log("up"))`,
  /** Answers after half a second. */
  late: `require("net").createServer((s) => s.on("data", () => setTimeout(() => s.write("answer"), 500)))
    .listen(80, () => console.log("up"))`,
  echo: `const s = require("dgram").createSocket("udp4");
    s.on("message", (m, from) => s.send(m, from.port, from.address)).bind(7, () => console.log("up"))`,
};
const clientProgram = `require("net").connect(80, "10.64.0.2").pipe(process.stdout)`;

async function serveIn(
  spawner: Implementation["spawner"],
  netnsFile: string,
  program: keyof typeof programs,
) {
  const server = await spawner.spawn({
    argv: ["nsenter", `--net=${netnsFile}`, process.execPath, "-e", programs[program]],
    fds: { 1: "output" },
  });
  await once(server.outputs.get(1) as NodeJS.ReadableStream, "data", { signal: AbortSignal.timeout(10_000) });
  return server;
}

async function answer(address: string): Promise<string> {
  const socket = connect({ host: address, port: 80, signal: AbortSignal.timeout(500) });
  return await text(socket);
}

/** The kernel takes the devices of an unpinned namespace away in its own time: 5 s at most. */
async function untilGone(network: Network, device: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while ((await network.listLinks(device)).length > 0) {
    assert.ok(performance.now() < deadline, `${device} is still there`);
    await delay(5);
  }
}
