import { describe, expect, test } from "@jest/globals";
import { parseConfig, parseManifest } from "./documents.ts";

const digest = `sha256:${"a".repeat(64)}`;
const read = (config: unknown) =>
  parseConfig(
    Buffer.from(
      JSON.stringify({
        os: "linux",
        architecture: "amd64",
        config,
        rootfs: { type: "layers", diff_ids: [digest] },
      }),
    ),
    "web",
  );

const neutral = {
  platform: { os: "linux", architecture: "amd64" },
  entrypoint: [],
  cmd: [],
  env: [],
  user: "",
  workingDir: "/",
  exposedPorts: [],
  stopSignal: "SIGTERM",
  volumes: [],
  labels: {},
  diffIds: [digest],
};

describe("an image's config", () => {
  test.each([
    ["absent", undefined],
    ["empty", {}],
    [
      "full of nulls, as Docker writes it",
      {
        User: "",
        Env: null,
        Cmd: null,
        Entrypoint: null,
        Volumes: null,
        Labels: null,
        WorkingDir: "",
        Healthcheck: null,
      },
    ],
  ])("%s has neutral values", (_, config) => {
    expect(read(config)).toEqual(neutral);
  });

  test("is read whole", () => {
    const config = {
      User: "1000:1000",
      ExposedPorts: { "80/tcp": {}, "53/udp": {}, "9": {}, "8000-8100/tcp": {}, "70000/tcp": {} },
      Env: ["A=1"],
      Entrypoint: ["/app"],
      Cmd: ["--serve"],
      Volumes: { "/data": {}, "/cache": {} },
      WorkingDir: "/srv",
      Labels: { a: "b" },
      StopSignal: "SIGQUIT",
    };
    expect(read(config)).toMatchObject({
      user: "1000:1000",
      exposedPorts: [
        { port: 9, protocol: "tcp" },
        { port: 80, protocol: "tcp" },
        { port: 53, protocol: "udp" },
      ],
      env: ["A=1"],
      entrypoint: ["/app"],
      cmd: ["--serve"],
      volumes: ["/cache", "/data"],
      workingDir: "/srv",
      labels: { a: "b" },
      stopSignal: "SIGQUIT",
    });
  });

  test.each([
    [
      ["CMD", "redis-cli", "ping"],
      ["redis-cli", "ping"],
    ],
    [
      ["CMD-SHELL", "curl -f localhost"],
      ["/bin/sh", "-c", "curl -f localhost"],
    ],
    [["NONE"], undefined],
    [[], undefined],
    [["CMD"], undefined],
  ])("health check %j runs %j", (Test, command) => {
    expect(read({ Healthcheck: { Test } }).healthCheck?.command).toEqual(command);
  });

  test("gives times in milliseconds, leaving out those not set", () => {
    const times = { Interval: 5e9, Timeout: 1_500_000, StartPeriod: 0, Retries: 3 };
    expect(read({ Healthcheck: { Test: ["CMD", "x"], ...times } }).healthCheck).toEqual({
      command: ["x"],
      intervalMs: 5000,
      timeoutMs: 2,
      retries: 3,
    });
  });
});

test.each([
  ["{", "read manifest web: not JSON; build the image again"],
  ["{}", "read manifest web: schemaVersion: "],
  [
    JSON.stringify({ schemaVersion: 2, config: { mediaType: "x", digest: "sha256:1", size: 1 }, layers: [] }),
    "read manifest web: config.digest: must be sha256:<64 hex digits>; build the image again",
  ],
])("the manifest %s is refused with the path", (text, message) => {
  expect(() => parseManifest(Buffer.from(text), "web")).toThrow(message);
});
