import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import type { Placement, ServiceRoute } from "../../agent/session/index.ts";
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
  within,
} from "./lab.ts";

jest.setTimeout(60_000);

/** Two networks of one namespace, each with instances on both hosts; one service in both; one in none. */
const back = "shop/back";
const front = "shop/front";
const range = {
  alpha: hostAddresses,
  beta: { ...hostAddresses, name: "beta", cidr: "10.64.4.0/22", gateway: "10.64.4.1" },
};
type On = keyof typeof range;

interface Member {
  readonly service: string;
  readonly address: string;
  readonly on: On;
  readonly networks: readonly string[];
  readonly isInternal?: boolean;
}

const db: Member = { service: "db", address: "10.64.0.2", on: "alpha", networks: [back] };
const dbFar: Member = { service: "replica", address: "10.64.4.2", on: "beta", networks: [back] };
const api: Member = { service: "api", address: "10.64.4.3", on: "beta", networks: [back, front] };
const web: Member = {
  service: "web",
  address: "10.64.0.3",
  on: "alpha",
  networks: [front],
  isInternal: true,
};
const open: Member = { service: "open", address: "10.64.0.4", on: "alpha", networks: [] };
const openFar: Member = { service: "other", address: "10.64.4.4", on: "beta", networks: [] };
const all = [db, dbFar, api, web, open, openFar];

const virtual = (member: Member) => `240.0.0.${all.indexOf(member) + 1}`;
const fixed = "172.20.0.10";

let here: Lab;
let hosts: Record<On, Host>;
let machines: Record<On, LabHost>;
const places = new Map<Member, string>();

beforeAll(async () => {
  here = await lab.up(2);
  const [one, two] = here.hosts;
  if (one === undefined || two === undefined) throw new Error("the lab has no hosts");
  machines = { alpha: one, beta: two };
  const [alpha, beta] = await Promise.all([startHost(one), startHost(two, range.beta)]);
  hosts = { alpha, beta };
  await assign(all);
  await Promise.all(
    all.map(async (member) => {
      await plugIn(member);
      await serve(machines[member.on], places.get(member), member.service, "tcp:80", "udp:80");
    }),
  );
});

afterAll(async () => await here?.down());

test("instances reach each other where they share a network, on one host and between two, and nowhere else", async () => {
  await expectReach(all);
});

test("a service's fixed address leads to its instance, for its networks alone, and to the next one after it", async () => {
  for (const from of [dbFar, api]) {
    expect(await askFrom(from, fixed)).toEqual([`db ${from.address}`]);
  }
  for (const from of [web, open, openFar]) {
    expect(await askFrom(from, fixed)).toEqual(["ECONNREFUSED"]);
  }
  const next: Member = { ...db, address: "10.64.0.20" };
  await assign([...all, next]);
  await plugIn(next);
  await serve(machines.alpha, places.get(next), "next", "tcp:80");
  await assign([...all, next], { db: [next] });
  expect(await askFrom(dbFar, fixed)).toEqual([`next ${dbFar.address}`]);
  await assign([...all, next], { db: [] });
  expect(await askFrom(dbFar, fixed)).toEqual(["ECONNREFUSED"]);
  await hosts.alpha.unplug(idOf(next));
  await assign(all);
});

test("who asks is told the names of networks it shares, and aliases in their network alone", async () => {
  const [address, far, inBoth, none] = [virtual(db), virtual(dbFar), virtual(api), "NXDOMAIN"];
  const names = {
    "db.shop.internal": [address, address, none, none],
    "store.shop.internal": [address, address, none, none],
    "db.example.com": [address, address, none, undefined],
    "replica.shop.internal": [far, far, none, none],
    "api.shop.internal": [inBoth, inBoth, inBoth, none],
    "gate.shop.internal": [inBoth, inBoth, none, none],
    "open.shop.internal": [none, none, none, virtual(open)],
    "open-0.open.shop.internal": [none, none, none, open.address],
    "db-0.db.shop.internal": [db.address, db.address, none, none],
  };
  for (const [at, from] of [dbFar, api, web, openFar].entries()) {
    const told = await queryAt(
      machines[from.on],
      places.get(from),
      range[from.on].gateway,
      "A",
      ...Object.keys(names),
    );
    for (const [name, expected] of Object.entries(names)) {
      const answer = expected[at];
      if (answer !== undefined)
        expect([from.service, name, told[name]]).toEqual([
          ...[from.service, name],
          answer === none ? none : `NOERROR ${answer}/0s`,
        ]);
    }
  }
});

test("who is only in internal networks has no way out, nor names from there; others have", async () => {
  const laptop = "192.168.77.1";
  await serve(here.machine, undefined, "world", "tcp:8088");
  const outside = async (from: Member) => await askFrom(from, laptop, 8088);
  expect(await outside(web)).toEqual(["ECONNREFUSED"]);
  for (const from of [db, open]) expect(await outside(from)).toEqual([`world ${machines[from.on].address}`]);
  const names = async (from: Member) =>
    await queryAt(machines[from.on], places.get(from), range[from.on].gateway, "A", "example.com");
  expect(await names(web)).toEqual({ "example.com": "NXDOMAIN" });
  // Nobody answers behind the host here, and who may ask there is not told that there is no such name.
  expect(await names(db)).not.toEqual({ "example.com": "NXDOMAIN" });
});

test("the host itself and what is published reach every instance as before", async () => {
  for (const member of [db, web]) {
    const seen = { alpha: machines.alpha.address, beta: range.beta.gateway };
    for (const on of ["alpha", "beta"] as const)
      expect(await ask(machines[on], undefined, "tcp", member.address, 80)).toEqual([
        `${member.service} ${seen[on]}`,
      ]);
  }
  for (const [on, seen] of [
    ["alpha", "192.168.77.1"],
    ["beta", range.beta.gateway],
  ] as const) {
    const { address } = machines[on];
    expect(await ask(here.machine, undefined, "tcp", address, 8080)).toEqual([`web ${seen}`]);
  }
});

test("nothing starts in a network before the packet rules know of it", async () => {
  const late: Member = { service: "late", address: "10.64.0.30", on: "alpha", networks: [back] };
  let isIn = false;
  const plugged = plugIn(late).then(() => (isIn = true));
  await assign(all);
  expect(isIn).toBe(false);
  await assign([...all, late]);
  await plugged;
  await serve(machines.alpha, places.get(late), "late", "tcp:80");
  expect(await askFrom(open, late.address)).toEqual(["ECONNREFUSED"]);
  expect(await askFrom(dbFar, late.address)).toEqual([`late ${dbFar.address}`]);
  await hosts.alpha.unplug(idOf(late));
  await assign(all);
});

test("a network that is left is closed at once, also to connections that stand", async () => {
  const left = all.map((member) => (member === api ? { ...member, networks: [front] } : member));
  const talk = `const socket = require("net").connect(80, "${db.address}");
    socket.on("error", ({ code }) => process.exit(code === "ECONNRESET" ? 7 : 1));
    socket.once("data", () => { console.log("up"); setInterval(() => socket.write("x"), 20); });`;
  const command = within(places.get(api), ["node", "-e", talk]);
  const standing = await machines.beta.spawn(command, { stdio: ["ignore", "pipe", "inherit"] });
  await once(standing.stdout as NodeJS.ReadableStream, "data", { signal: AbortSignal.timeout(10_000) });
  await assign(left);
  expect(await askFrom(api, db.address)).toEqual(["ECONNREFUSED"]);
  expect(await standing.exited).toMatchObject({ code: 7 });
  await assign(all);
  expect(await askFrom(api, db.address)).toEqual([`db ${api.address}`]);
});

test("agents killed on both hosts: networks, names and fixed addresses stay as they are; at once", async () => {
  for (const on of ["alpha", "beta"] as const) {
    const agent = machines[on].processes().find(({ command }) => command.includes("/network/host.ts"));
    await machines[on].output(["kill", "-9", String(agent?.pid)]);
    await hosts[on].process.exited;
  }
  await expectReach([db, api, web, open]);
  expect(await askFrom(dbFar, fixed)).toEqual([`db ${dbFar.address}`]);
  const answer = await queryAt(
    machines.beta,
    places.get(dbFar),
    range.beta.gateway,
    "A",
    "store.shop.internal",
  );
  expect(answer).toEqual({ "store.shop.internal": `NOERROR ${virtual(db)}/0s` });
});

const idOf = ({ service, address }: Member) => `${service}-0-${address.split(".").join("")}`;

const share = (one: Member, other: Member) =>
  (one.networks.length === 0 && other.networks.length === 0) ||
  one.networks.some((network) => other.networks.includes(network));

async function plugIn(member: Member): Promise<void> {
  const more = { hasNetworks: member.networks.length > 0 };
  places.set(member, await hosts[member.on].plugIn(idOf(member), member.address, more));
}

/** Tells both hosts who is in which network; who takes a service's traffic, where it is not all of it. */
async function assign(
  members: readonly Member[],
  serving: Readonly<Record<string, readonly Member[]>> = {},
): Promise<void> {
  const services = all.map((member): ServiceRoute => routeOf(member, serving[member.service] ?? [member]));
  const peers = (["alpha", "beta"] as const).map((on) => ({
    ...{ name: on, address: machines[on].address, cidr: range[on].cidr },
  }));
  await Promise.all(
    (["alpha", "beta"] as const).map(async (on) => {
      const placements = members.filter((member) => member.on === on).map(placementOf);
      const names = new Set(placements.flatMap(({ membership }) => membership?.networks ?? []));
      const networks = [...names].map((name) => ({
        name,
        members: members.filter((one) => one.networks.includes(name)).map(({ address }) => address),
      }));
      await hosts[on].assign(services, { peers, placements, networks });
    }),
  );
}

function routeOf({ service: name, networks }: Member, serving: readonly Member[]): ServiceRoute {
  const endpoints = serving.map(({ address, on }) => endpoint(`${name}-0`, address, on));
  const aliases: Readonly<Record<string, readonly string[]>> = {
    [`db ${back}`]: ["store", "db.example.com"],
    [`api ${back}`]: ["gate"],
    [`replica ${back}`]: [],
  };
  const attachments = networks.map((network) => ({
    ...{ network, aliases: aliases[`${name} ${network}`] ?? [] },
    ...(name === "db" && { address: fixed }),
  }));
  return service(name, virtual(all.find((one) => one.service === name) ?? db), endpoints, {
    ports: name === "web" ? [port(80, { publish: 8080 })] : [],
    ...(networks.length > 0 && { networks: attachments }),
  });
}

function placementOf({ service: name, address, networks, isInternal = false, ...member }: Member): Placement {
  return {
    ...{
      id: idOf({ service: name, address, networks, ...member }),
      namespace: "shop",
      service: name,
      address,
    },
    ...{ serviceUid: `uid-${name}`, name: `${name}-0`, index: 0, specKey: "none/1", revision: 1 },
    ...{ want: "run", reason: "wanted" },
    ...(networks.length > 0 && { membership: { networks, isInternal } }),
  };
}

/** What an instance hears from port 80 of an address, by TCP. */
async function askFrom(from: Member, address: string, number = 80): Promise<string[]> {
  return await ask(machines[from.on], places.get(from), "tcp", address, number);
}

/** Every pair, by real packets to the instance's own address and through the service's; who answers says whom it saw. */
async function expectReach(members: readonly Member[]): Promise<void> {
  const others = (from: Member) => members.filter((to) => to !== from);
  const seen = members.map(async (from) => {
    const questions = others(from).flatMap((to) => [`tcp:${to.address}:80`, `udp:${virtual(to)}:80`]);
    const command = [process.execPath, join(import.meta.dirname, "survey.ts"), ...questions];
    const told = JSON.parse(await machines[from.on].output(within(places.get(from), command)));
    return [from.service, told];
  });
  const expected = members.map((from) => [
    from.service,
    others(from).flatMap((to) => {
      const answer = share(from, to) ? `${to.service} ${from.address}` : "ECONNREFUSED";
      return [answer, answer];
    }),
  ]);
  expect(await Promise.all(seen)).toEqual(expected);
}
