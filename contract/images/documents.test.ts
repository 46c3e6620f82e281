import { describe, expect, test } from "@jest/globals";
import {
  mediaTypes,
  parseConfig,
  parseManifest,
  parseManifestOrIndex,
  requireImageManifest,
} from "./documents.ts";

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

const descriptor = (mediaType: string) => ({ mediaType, digest, size: 1 });
const manifestOf = (config: string, ...layers: string[]) =>
  parseManifest(
    Buffer.from(
      JSON.stringify({ schemaVersion: 2, config: descriptor(config), layers: layers.map(descriptor) }),
    ),
    "web",
  );

describe("parseManifestOrIndex", () => {
  const read = (value: unknown) => parseManifestOrIndex(Buffer.from(JSON.stringify(value)), "web");

  test("tells them apart by what they hold, for OCI's need not say what they are", () => {
    expect(read({ schemaVersion: 2, manifests: [] })).toHaveProperty("index");
    expect(read({ schemaVersion: 2, config: descriptor("x"), layers: [] })).toHaveProperty("manifest");
  });

  test("refuses Docker's first schema by its name", () => {
    expect(() => read({ schemaVersion: 1, fsLayers: [] })).toThrow(
      "read manifest web: Docker's old schema 1; push it again with a current tool",
    );
  });
});

describe("requireImageManifest", () => {
  const docker = "application/vnd.docker.image.rootfs.";

  test.each([
    [mediaTypes.config, [mediaTypes.layerTar, mediaTypes.layerGzip, mediaTypes.layerZstd]],
    [mediaTypes.dockerConfig, [`${docker}diff.tar`, `${docker}diff.tar.gzip`, `${docker}diff.tar.zstd`]],
  ])("takes images of %s", (config, layers) => {
    requireImageManifest(manifestOf(config, ...layers), "web");
  });

  test.each([
    ["application/vnd.cncf.helm.config.v1+json", [], "not a container image but application/vnd.cncf.helm"],
    [mediaTypes.config, [`${docker}foreign.diff.tar.gzip`], "is foreign"],
    [mediaTypes.config, ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"], "is foreign"],
    [mediaTypes.config, ["application/vnd.oci.image.layer.v1.tar+encrypted"], "has the unknown type"],
  ])("refuses %s %j", (config, layers, message) => {
    expect(() => requireImageManifest(manifestOf(config, ...layers), "web")).toThrow(message);
  });
});
