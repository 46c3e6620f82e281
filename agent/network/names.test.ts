import { expect, test } from "@jest/globals";
import type { Placement, ServiceRoute } from "../session/index.ts";
import { nameTable, nameViews } from "./names.ts";

const host = {
  name: "alpha",
  cidr: "10.64.0.0/22",
  gateway: "10.64.0.1",
  clusterCidr: "10.64.0.0/12",
  serviceCidr: "240.0.0.0/4",
  domain: "internal",
};
const web0 = { instance: "web-0-5f3a9c", name: "web-0", address: "10.64.0.2", host: "alpha" };
const web1 = { ...web0, instance: "web-1-77aa77", name: "web-1", address: "10.64.0.3" };
const web: ServiceRoute = {
  uid: "1",
  namespace: "shop",
  name: "web",
  aliases: [],
  address: "240.0.0.1",
  discovery: "virtual",
  ports: [],
  endpoints: [web0, web1],
};
const lines = (...services: ServiceRoute[]) =>
  nameTable({ host, services, placements: [] }).records.map(({ name, address }) => `${name} ${address}`);

test.each<[string, ServiceRoute[], string[]]>([
  [
    "a service is its virtual address, its instances are their own",
    [web],
    ["web-0.web.shop.internal 10.64.0.2", "web-1.web.shop.internal 10.64.0.3", "web.shop.internal 240.0.0.1"],
  ],
  [
    "a virtual address has a name without instances too",
    [{ ...web, endpoints: [] }],
    ["web.shop.internal 240.0.0.1"],
  ],
  [
    "discovery by instances gives the addresses of those in traffic",
    [{ ...web, discovery: "instances", endpoints: [web1] }],
    ["web-1.web.shop.internal 10.64.0.3", "web.shop.internal 10.64.0.3"],
  ],
  ["and no name without any", [{ ...web, discovery: "instances", endpoints: [] }], []],
  [
    "an alias is shared, a service's own name is not",
    [
      { ...web, endpoints: [], aliases: ["db", "www"] },
      { ...web, uid: "2", name: "db", address: "240.0.0.2", endpoints: [], aliases: ["www"] },
    ],
    [
      "db.shop.internal 240.0.0.2",
      "web.shop.internal 240.0.0.1",
      "www.shop.internal 240.0.0.1",
      "www.shop.internal 240.0.0.2",
    ],
  ],
  ["names are in lower case", [{ ...web, name: "Web", endpoints: [] }], ["web.shop.internal 240.0.0.1"]],
])("%s", (_, services, expected) => {
  expect(lines(...services)).toEqual(expected);
  expect(lines(...services.toReversed())).toEqual(expected);
});

test("every namespace that is used is ours, with services or without", () => {
  const placements = [{ namespace: "jobs" }, { namespace: "shop" }] as Placement[];
  const { domains, address } = nameTable({ host, services: [web], placements });
  expect([address, domains]).toEqual(["10.64.0.1", ["jobs.internal", "shop.internal"]]);
});

const at = (namespace: string, networks: readonly string[], isInternal = false) =>
  ({ namespace, address: `10.64.0.${namespace.length}`, membership: { networks, isInternal } }) as Placement;

test("who is in no network is told nothing of what is isolated", () => {
  const hidden = { ...web, networks: [{ network: "shop/back", aliases: ["db"] }] };
  const both = {
    ...hidden,
    uid: "2",
    name: "api",
    networks: [...hidden.networks, { network: "open", aliases: ["gate"] }],
  };
  expect(lines({ ...hidden, endpoints: [] })).toEqual([]);
  expect(lines({ ...both, endpoints: [] })).toEqual([
    "api.shop.internal 240.0.0.1",
    "gate.shop.internal 240.0.0.1",
  ]);
});

test("each group of instances is told its own networks' names, and another namespace's in short", () => {
  const bare = { ...web, endpoints: [] };
  const services: ServiceRoute[] = [
    {
      ...bare,
      aliases: ["www"],
      networks: [{ network: "edge/proxy", aliases: ["front", "www.example.com"] }],
    },
    {
      ...bare,
      uid: "2",
      name: "db",
      address: "240.0.0.2",
      networks: [{ network: "shop/back", aliases: ["store"] }],
    },
    { ...bare, uid: "3", name: "open", address: "240.0.0.3" },
  ];
  const placements = [at("shop", ["shop/back"], true), at("edge", ["edge/proxy"])];
  const views = nameViews({ host, services, placements }).map(({ records, ...view }) => ({
    ...view,
    records: records.map(({ name, address }) => `${name} ${address}`),
  }));
  const domains = ["edge.internal", "shop.internal"];
  const address = expect.stringMatching(/^127\./);
  expect(views).toEqual([
    {
      ...{ address, asksOthers: true },
      domains: [domains[0], "front.internal", domains[1], "web.internal", "www.internal"],
      records: [
        "front.internal 240.0.0.1",
        "front.shop.internal 240.0.0.1",
        "web.internal 240.0.0.1",
        "web.shop.internal 240.0.0.1",
        "www.example.com 240.0.0.1",
        "www.internal 240.0.0.1",
        "www.shop.internal 240.0.0.1",
      ],
    },
    {
      ...{ address, domains, asksOthers: false },
      records: ["db.shop.internal 240.0.0.2", "store.shop.internal 240.0.0.2"],
    },
  ]);
});
