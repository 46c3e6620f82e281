import { expect, test } from "@jest/globals";
import { hostsOfCluster } from "./migrate.ts";

/** As an agent of version 0.1.0 wrote it while a cluster was one machine. */
const value =
  '{"v":1,"id":"0f0b5a3c-6a0e-4a53-9f7c-1d6f3f1f8a11","name":"home","owner":{"engine":"pulumi","id":"urn:pulumi:dev::shop::constellation:index:Cluster::home","scope":"file://~"},"createdAt":"2026-11-20T08:15:30.123Z","network":{"cidr":"10.64.0.0/12","serviceCidr":"240.0.0.0/4","domain":"internal"},"hosts":[{"name":"vm","cidr":"10.64.0.0/22"}]}';
const cluster = { key: "cluster", value, createRevision: 2, modRevision: 7 };

test("the hosts of a cluster's record get records of their own, once", () => {
  const written = hostsOfCluster(cluster, false);
  expect(written?.compares).toEqual([
    { key: "cluster", modRevision: 7 },
    { key: "host/vm", modRevision: 0 },
  ]);
  expect(written?.writes.map((write) => "put" in write && [write.put, JSON.parse(write.value)])).toEqual([
    [
      "host/vm",
      { v: 1, name: "vm", role: "server", cidr: "10.64.0.0/22", addedAt: "2026-11-20T08:15:30.123Z" },
    ],
  ]);
  expect(hostsOfCluster(cluster, true)).toBeUndefined();
});

test("a cluster that never had the list, and no cluster, need nothing", () => {
  const { hosts: _, ...rest } = JSON.parse(value);
  expect(hostsOfCluster({ ...cluster, value: JSON.stringify(rest) }, false)).toBeUndefined();
  expect(hostsOfCluster(undefined, false)).toBeUndefined();
});
