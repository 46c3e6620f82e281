import { expect, test } from "@jest/globals";
import type { Client, Owner } from "../../contract/index.ts";
import { refuseWhileShared } from "./shared-cluster.ts";

const urn = "urn:pulumi:dev::shop::constellation:index:Cluster::main";
const owned = (id: string): Owner => ({ engine: "pulumi", id });
const own = owned("urn:pulumi:dev::shop::constellation:index:Host::two");
const other = owned("urn:pulumi:dev::blog::constellation:index:Host::two");

interface Kept {
  readonly documents?: readonly Owner[];
  readonly hosts?: Readonly<Record<string, { role?: string; owner?: Owner }>>;
}
const refused = async ({ documents = [], hosts = {} }: Kept, forceDestroy = false) => {
  const client = {
    listDocuments: async (plural: string) =>
      plural === "services"
        ? documents.map((owner) => ({ kind: "Service", namespace: "default", name: "web", owner }))
        : [],
    listHosts: async () => Object.entries(hosts).map(([name, { role = "host" }]) => ({ name, role })),
    getHost: async (name: string) => ({ name, ...hosts[name] }),
    listServers: async () =>
      Object.entries(hosts).flatMap(([name, { role }]) =>
        role === "server" ? [{ name, address: "10.0.0.1" }] : [],
      ),
  } as unknown as Client;
  return await refuseWhileShared(
    { client, servers: async () => ["one"] },
    { name: "main", forceDestroy },
    { urn },
  ).then(
    () => undefined,
    (error: Error) => error.message,
  );
};

test("a cluster goes with what its own stack keeps on it", async () => {
  expect(await refused({ documents: [own], hosts: { one: { role: "server" }, two: { owner: own } } })).toBe(
    undefined,
  );
});

test("documents of another stack keep it", async () => {
  expect(await refused({ documents: [other] })).toMatch(
    /^delete cluster main: others keep a document on it: Service default\/web of .*blog.*; delete them first or set/,
  );
});

test("hosts of another stack keep it, and those that joined by hand", async () => {
  expect(await refused({ hosts: { two: { owner: other }, three: {} } })).toMatch(
    /2 hosts of others would be left without it: two, of .*blog.*; three, joined by hand; destroy them first/,
  );
});

test("a server that joined by hand keeps it: the agents of the others take the majority along", async () => {
  expect(await refused({ hosts: { one: { role: "server" }, two: { role: "server" } } })).toMatch(
    /a server of others would be left without a majority: two at 10\.0\.0\.1, joined by hand; take them out first \(constellation remove-server/,
  );
});

test("forceDestroy asks nobody", async () => {
  expect(await refused({ documents: [other], hosts: { two: {} } }, true)).toBe(undefined);
});
