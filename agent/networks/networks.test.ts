import { describe, expect, test } from "@jest/globals";
import type { Clusters } from "../cluster/index.ts";
import type { Candidate } from "../documents/index.ts";
import { type Desired, keys, type Reader, type Store } from "../store/index.ts";
import { attachmentProblems, attachmentsOf, membershipOf, networkFeature } from "./index.ts";

const mine = { engine: "pulumi", id: "urn:pulumi:dev::shop::web" } as const;
const theirs = { engine: "pulumi", id: "urn:pulumi:dev::other::web" } as const;

function document(kind: string, path: string, inputs: object, owner: Desired["owner"] = mine): Desired {
  const [namespace = "", name = ""] = path.split("/");
  const at = "2026-01-01T00:00:00.000Z";
  return {
    ...{ kind, namespace, name, uid: path, revision: 1, owner, createdAt: at, updatedAt: at, by: "me" },
    ...{ inputs: { ...inputs }, outputs: {} },
  };
}

const network = (path: string, inputs: object = {}, owner?: Desired["owner"]) =>
  document("Network", path, { internal: false, isolated: true, ...inputs }, owner);

function storeOf(...documents: Desired[]): Store {
  const all = documents.map((record) => ({
    ...{ key: keys.desired(record.namespace, record.kind, record.name), record, modRevision: 1 },
  }));
  const reader: Pick<Reader, "get" | "list" | "unreadable"> = {
    unreadable: () => [{ key: keys.desired("dark", "Network", "default"), reason: "newer" }] as never,
    get: (_, key) => all.find((one) => one.key === key) as never,
    list: (_, prefix = "") => all.filter(({ key }) => key.startsWith(prefix)) as never,
  };
  return reader as Store;
}

const service = (networks?: object[]) => ({ namespace: "shop", inputs: networks ? { networks } : {} });

describe("what a service is in", () => {
  const some = storeOf(
    network("shop/back", { internal: true }),
    network("shop/soft", { isolated: false }),
    network("edge/proxy"),
  );
  const cases: [string, Store, object[] | undefined, object | undefined][] = [
    ["names none", some, undefined, undefined],
    ["names its namespace's default", some, [{ network: "default" }], undefined],
    ["an isolated one", some, [{ network: "back" }], { networks: ["shop/back"], isInternal: true }],
    [
      "another namespace's",
      some,
      [{ network: "edge/proxy" }, { network: "back" }],
      { networks: ["edge/proxy", "shop/back"], isInternal: false },
    ],
    [
      "one that is not isolated",
      some,
      [{ network: "soft" }],
      { networks: ["open", "shop/soft"], isInternal: false },
    ],
    [
      "one and the default",
      some,
      [{ network: "back" }, { network: "default" }],
      { networks: ["open", "shop/back"], isInternal: false },
    ],
    ["one that is gone", some, [{ network: "gone" }], { networks: ["shop/gone"], isInternal: true }],
    [
      "a default that is isolated",
      storeOf(network("shop/default")),
      undefined,
      { networks: ["shop/default"], isInternal: false },
    ],
  ];
  test.each(cases)("%s", (_, store, networks, expected) => {
    expect(membershipOf(store, service(networks))).toEqual(expected);
  });

  test("a default that cannot be read opens nothing", () => {
    expect(membershipOf(some, { namespace: "dark", inputs: {} })).toEqual({
      ...{ networks: ["dark/default"], isInternal: true },
    });
  });

  test("the open network is told once, with the aliases given there", () => {
    const uses = [
      { network: "soft", aliases: ["a"] },
      { network: "default", aliases: ["b"] },
    ];
    expect(attachmentsOf(some, service(uses))).toEqual([
      { network: "shop/soft", aliases: ["a"] },
      { network: "open", aliases: ["b"] },
    ]);
  });
});

describe("what may be written", () => {
  const store = storeOf(
    network("shop/back", { cidr: "172.20.0.0/16" }),
    network("shop/bare"),
    document("Service", "shop/db", { networks: [{ network: "back", address: "172.20.0.5" }] }, theirs),
    document("Service", "shop/own", { networks: [{ network: "back", address: "172.20.0.6" }] }, mine),
  );
  const candidate = (use: object, dryRun = false) =>
    ({
      ...document("Service", "shop/web", { networks: [use] }),
      earlier: undefined,
      dryRun,
    }) as unknown as Candidate;
  const cases: [string, object, string | undefined][] = [
    ["a free address", { network: "back", address: "172.20.0.7" }, undefined],
    ["an unknown network", { network: "bakc" }, 'no Network bakc in namespace shop; did you mean "back"?'],
    [
      "another namespace's that is not there",
      { network: "edge/proxy" },
      "no Network proxy in namespace edge; create it first",
    ],
    [
      "an address of another range",
      { network: "back", address: "172.21.0.5" },
      "172.21.0.5 is outside of Network shop/back, 172.20.0.0/16; choose one in it",
    ],
    [
      "the range's own address",
      { network: "back", address: "172.20.0.0" },
      "172.20.0.0 is the first of 172.20.0.0/16, which stands for the network; choose another",
    ],
    [
      "a network without a range",
      { network: "bare", address: "172.20.0.7" },
      "Network shop/bare has no cidr to take it from; give it one, or leave this out",
    ],
    [
      "another's address",
      { network: "back", address: "172.20.0.5" },
      "service shop/db has 172.20.0.5; choose another",
    ],
  ];
  test.each(cases)("%s", (_, use, reason) => {
    expect(attachmentProblems(store, candidate(use)).map((problem) => problem.reason)).toEqual(
      reason === undefined ? [] : [reason],
    );
  });

  test("a preview takes what the same run may make or free first", () => {
    expect(attachmentProblems(store, candidate({ network: "new", address: "10.0.0.1" }, true))).toEqual([]);
    expect(attachmentProblems(store, candidate({ network: "back", address: "172.20.0.6" }, true))).toEqual(
      [],
    );
    expect(
      attachmentProblems(store, candidate({ network: "back", address: "172.20.0.5" }, true)),
    ).toHaveLength(1);
  });
});

describe("a Network", () => {
  const clusters = { current: () => ({ network: { cidr: "10.64.0.0/12", serviceCidr: "240.0.0.0/4" } }) };
  const feature = (store: Store) => networkFeature({ store, clusters: clusters as unknown as Clusters });

  test.each([
    ["172.20.0.0/16", []],
    ["10.70.0.0/16", ["10.70.0.0/16 overlaps 10.64.0.0/12, the cluster's network.cidr; choose another"]],
    ["127.1.0.0/16", ["127.1.0.0/16 overlaps 127.0.0.0/8, which no network can have; choose another"]],
  ])("cidr %s", async (cidr, reasons) => {
    const found = await feature(storeOf()).check?.(network("shop/back", { cidr }) as never, undefined);
    expect(found?.map(({ reason }) => reason)).toEqual(reasons);
  });

  test("is not deleted while another stack's services take part in it", () => {
    const back = network("edge/proxy");
    const uses = { networks: [{ network: "edge/proxy" }] };
    const remove =
      (owner: Desired["owner"], of: Desired = back) =>
      () =>
        feature(storeOf(of, document("Service", "shop/web", uses, owner))).requireUnused?.(of);
    expect(remove(theirs)).toThrow("delete network edge/proxy: service shop/web takes part in it");
    expect(remove(mine)).not.toThrow();
    const byHand = { engine: "cli", id: "me" } as const;
    expect(remove(byHand, network("edge/proxy", {}, byHand))).toThrow("takes part in it");
    expect(() => feature(storeOf(back)).requireUnused?.(back)).not.toThrow();
  });
});
