import { describe, expect, test } from "@jest/globals";
import type { Document, Event, Instance, ServiceStatus } from "../../contract/index.ts";
import { paletteOf } from "../terminal/index.ts";
import {
  concernsDocument,
  concernsInstance,
  describeDocument,
  describeInstance,
  eventWords,
  hostTable,
  instanceTable,
  serviceSummary,
  serviceTable,
} from "./index.ts";

const at = "2026-01-01T00:00:00Z";
const view = { output: { palette: paletteOf(false), width: undefined }, now: () => Date.parse(at) + 65_000 };
const web: Instance = {
  ...{ id: "web-0-aaa", namespace: "default", service: "web", serviceUid: "u", name: "web-0", index: 0 },
  ...{ host: "a", address: "10.64.0.2", revision: 2, state: "running", healthy: true, reason: "running" },
  ...{ restarts: 0, image: "oci:images:web", since: at },
};
const crashing: Instance = {
  ...web,
  ...{ id: "web-1-bbb", name: "web-1", index: 1, state: "backoff", healthy: false, restarts: 3 },
  reason: "exited with code 1\n",
};
const status: ServiceStatus = {
  observedRevision: 4,
  specRevision: 2,
  wanted: 1,
  instances: [web],
  rejections: [],
};
const document: Document = {
  ...{ kind: "Service", namespace: "default", name: "web", uid: "u", revision: 4, etag: "9" },
  owner: { engine: "pulumi", id: "urn:x" },
  ...{ createdAt: at, updatedAt: at },
  inputs: { image: "oci:images:web", env: { KEY: { $secret: { digest: "hmac:abc" } } } },
  outputs: {
    address: "240.0.0.1",
    endpoints: [
      { protocol: "tcp", port: 8080, targetPort: 80 },
      { protocol: "udp", port: 53, targetPort: 53, hostIp: "127.0.0.1" },
    ],
  },
  status,
};

test("instances: no reason for what is well, no namespace where all are in the default one", () => {
  expect(instanceTable([web], view)).toEqual([
    "INSTANCE   STATE    HEALTH   HOST  ADDRESS    RESTARTS  SINCE  IMAGE",
    "web-0-aaa  running  healthy  a     10.64.0.2  0         1m5s   oci:images:web",
  ]);
  expect(instanceTable([web, { ...crashing, namespace: "shop" }], view)).toEqual([
    "NAMESPACE  INSTANCE   STATE    HEALTH   HOST  ADDRESS    RESTARTS  SINCE  IMAGE           REASON",
    "default    web-0-aaa  running  healthy  a     10.64.0.2  0         1m5s   oci:images:web  -",
    "shop       web-1-bbb  backoff  -        a     10.64.0.2  3         1m5s   oci:images:web  exited with code 1\\n",
  ]);
});

test("services: where they are reached", () => {
  expect(serviceTable([document], view)).toEqual([
    "SERVICE  HEALTHY  ADDRESS    PORTS                               REVISION  CHANGED  IMAGE",
    "web      1/1      240.0.0.1  8080->80/tcp, 127.0.0.1:53->53/udp  4         1m5s     oci:images:web",
  ]);
});

test("hosts: what is reserved of what there is", () => {
  const host = {
    ...{
      name: "a",
      address: "192.0.2.1",
      cidr: "10.64.0.0/22",
      agentVersion: "0.1.0",
      kernel: "6.1",
      cgroup: "v2" as const,
    },
    ...{
      role: "server" as const,
      state: "ready" as const,
      capacity: { cpu: 4, memory: 8 * 2 ** 30 },
      reserved: { cpu: 0.15, memory: 192 * 2 ** 20 },
    },
    ...{ ulimitCeilings: {}, instances: 3, startedAt: at, availability: "active" as const },
    ...{ labels: {}, attributes: {}, taints: [], systemReserved: { cpu: 0.1, memory: 256 * 2 ** 20 } },
  };
  expect(hostTable([host], view)).toEqual([
    "HOST  STATE  ADDRESS    INSTANCES  CPU     MEMORY     CGROUP  KERNEL  AGENT  UP",
    "a     ready  192.0.2.1  3          0.15/4  192Mi/8Gi  v2      6.1     0.1.0  1m5s",
  ]);
});

describe("a service in a few words", () => {
  const summary = (more: Partial<ServiceStatus>, revision = 4) =>
    serviceSummary({ revision, status: { ...status, ...more } });

  test.each([
    ["whole", {}, 4, "1/1", true, ""],
    ["a newer document", {}, 5, "1/1", false, "revision 5 is not taken up yet"],
    [
      "one that crashes",
      { wanted: 2, instances: [web, crashing] },
      4,
      "1/2",
      false,
      "web-1 backoff: exited with code 1\n",
    ],
    ["an old revision", { specRevision: 3 }, 4, "1/1", false, "1 to replace"],
    [
      "no room",
      { wanted: 2, rejections: [{ slot: "web-1", message: "a: 64Gi needed" }] },
      4,
      "1/2",
      false,
      "web-1 not placed: a: 64Gi needed",
    ],
    ["one on its way out", { instances: [web, { ...web, state: "stopping" as const }] }, 4, "1/1", true, ""],
    ["none wanted", { wanted: 0, instances: [] }, 4, "0/0", true, ""],
  ])("%s", (_, more, revision, healthy, isWhole, note) => {
    expect(summary(more, revision)).toEqual({ healthy, isWhole, note });
  });

  test("not seen yet", () => {
    expect(serviceSummary({ revision: 1 }).note).toBe("not seen by the scheduler yet");
  });
});

const events: Event[] = [
  {
    type: "document",
    action: "updated",
    kind: "Service",
    namespace: "default",
    name: "web",
    revision: 4,
    by: "uid 0",
    at,
  },
  { type: "instance", instance: crashing, removed: false, at },
  { type: "instance", instance: { ...web, state: "completed", reason: "" }, removed: true, at },
  { type: "decision", namespace: "default", service: "web", message: "place web-1: wanted", at },
  {
    type: "progress",
    namespace: "default",
    service: "web",
    instance: "web-0-aaa",
    message: "unpacking web 41%",
    at,
  },
];

test("events in words, and whom they concern", () => {
  expect(events.map((event) => Object.values(eventWords(event)).join(" | "))).toEqual([
    "Service default/web | updated (revision 4) by uid 0",
    "default/web-1-bbb | backoff: exited with code 1\n",
    "default/web-0-aaa | removed",
    "default/web | place web-1: wanted",
    "default/web-0-aaa | unpacking web 41%",
  ]);
  expect(events.map((event) => concernsInstance(event, "web-0-aaa"))).toEqual([
    false,
    false,
    true,
    false,
    true,
  ]);
  expect(events.map((event) => concernsDocument(event, document))).toEqual([true, true, true, true, true]);
  const other = { kind: "Secret", namespace: "default", name: "web" };
  expect(events.some((event) => concernsDocument(event, other))).toBe(false);
});

test("a description says what is wanted, what is there, what is missing and why", () => {
  const broken = { ...document, status: { ...status, rejections: [{ slot: "web-1", message: "no room" }] } };
  const lines = describeDocument(broken, events, view);
  expect(lines).toEqual(
    expect.arrayContaining([
      "Service default/web",
      "  owner    pulumi urn:x",
      "Wanted",
      "    KEY: secret (hmac:abc)",
      "Outputs",
      "Instances: 1/1 healthy",
      "Not placed",
      "  web-1: no room",
      "Events",
    ]),
  );
  expect(describeInstance(crashing, [], view)).toEqual(
    expect.arrayContaining([
      "Instance default/web-1-bbb",
      "  state     backoff: exited with code 1\\n",
      "  service   default/web, slot web-1, revision 2",
      "  restarts  3",
    ]),
  );
});
