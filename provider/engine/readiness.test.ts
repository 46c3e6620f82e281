import { describe, expect, test } from "@jest/globals";
import type { Document, Instance } from "../../contract/index.ts";
import { crashLoopRestarts, readiness, startAttempts } from "./readiness.ts";

const instance = (more: Partial<Instance>): Instance => ({
  id: "web-0-aaaaaa",
  namespace: "default",
  service: "web",
  serviceUid: "u",
  name: "web-0",
  index: 0,
  host: "vm",
  address: "10.64.0.2",
  revision: 2,
  state: "running",
  healthy: true,
  reason: "",
  restarts: 0,
  image: "oci:x",
  startedAt: "2026-01-01T00:00:00Z",
  since: "2026-01-01T00:00:00Z",
  ...more,
});

function neverStarted(restarts: number): Instance {
  const { startedAt: _, ...rest } = instance({ state: "backoff", healthy: false, restarts });
  return rest;
}

const document = (
  instances: Instance[],
  more: { wanted?: number; observed?: number; waitFor?: string } = {},
): Document => ({
  kind: "Service",
  namespace: "default",
  name: "web",
  uid: "u",
  revision: 3,
  owner: { engine: "pulumi", id: "urn" },
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
  inputs: { waitFor: more.waitFor ?? "healthy" },
  outputs: {},
  etag: "1",
  status: {
    observedRevision: more.observed ?? 3,
    specRevision: 2,
    wanted: more.wanted ?? 1,
    instances,
    rejections: [],
  },
});

describe("readiness", () => {
  test.each([
    ["all healthy", document([instance({})]), "ready"],
    ["nothing wanted", document([], { wanted: 0 }), "ready"],
    ["an older revision is observed", document([instance({})], { observed: 2 }), "waiting"],
    ["an instance of the older spec is left", document([instance({}), instance({ revision: 1 })]), "waiting"],
    ["one too many still stops", document([instance({}), instance({ state: "stopping" })]), "waiting"],
    ["running but not healthy", document([instance({ healthy: false })]), "waiting"],
    [
      "running is enough for started",
      document([instance({ healthy: false })], { waitFor: "started" }),
      "ready",
    ],
    ["nothing is waited for", document([], { waitFor: "none" }), "ready"],
    [
      "ended for good",
      document([instance({ state: "failed", healthy: false, reason: "exited with code 1" })]),
      "failed",
    ],
    [
      "crashes again and again",
      document([instance({ state: "backoff", healthy: false, restarts: crashLoopRestarts })]),
      "failed",
    ],
    ["could not start once", document([neverStarted(0)]), "waiting"],
    ["could not start twice", document([neverStarted(startAttempts - 1)]), "failed"],
    ["crashed once", document([instance({ state: "backoff", healthy: false, restarts: 1 })]), "waiting"],
    [
      "an old one that fails does not fail the new",
      document([instance({ revision: 1, state: "failed" })]),
      "waiting",
    ],
  ])("%s: %#", (_name, subject, kind) => {
    expect(readiness(subject).kind).toBe(kind);
  });

  test("what crashed before the wait began gets one more chance", () => {
    const crashed = instance({ state: "backoff", healthy: false, restarts: crashLoopRestarts });
    expect(readiness(document([crashed]), [crashed]).kind).toBe("waiting");
    const again = { ...crashed, restarts: crashLoopRestarts + 1 };
    expect(readiness(document([again]), [crashed]).kind).toBe("failed");
  });

  test("an image that waiting will not bring fails at once, one whose registry is silent waits", () => {
    const waiting = { ...neverStarted(0), reason: "denied" };
    expect(readiness(document([waiting])).kind).toBe("waiting");
    const stuck = { ...waiting, isStuck: true };
    expect(readiness(document([stuck]))).toEqual({ kind: "failed", reasons: ["web-0: denied"], crashed: [] });
    expect(readiness(document([stuck]), [stuck]).kind).toBe("waiting");
    const again = { ...stuck, since: "2026-01-01T00:00:09Z" };
    expect(readiness(document([again]), [stuck]).kind).toBe("failed");
  });

  test("started does not wait for the end of the older ones", () => {
    const instances = [instance({ healthy: false }), instance({ revision: 1 })];
    expect(readiness(document(instances, { waitFor: "started" })).kind).toBe("ready");
    expect(readiness(document(instances)).kind).toBe("waiting");
  });

  test("progress counts and names what is behind", () => {
    const subject = document([instance({}), instance({ name: "web-1", state: "pulling", healthy: false })], {
      wanted: 3,
    });
    expect(readiness(subject)).toEqual({ kind: "waiting", progress: "1/3 healthy; web-1: pulling" });
  });
});
