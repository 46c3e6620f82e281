import { describe, expect, test } from "@jest/globals";
import { digestOf } from "./digest.ts";
import { type Descriptor, mediaTypes, type Platform } from "./documents.ts";
import { pickPlatform } from "./platform.ts";

/** `os/architecture/variant`; empty: a manifest that names no platform. */
function manifestFor(text: string): Descriptor {
  const [os = "", architecture = "", variant] = text.split("/");
  const platform = { os, architecture, ...(variant !== undefined && { variant }) };
  return {
    ...{ mediaType: mediaTypes.manifest[0], digest: digestOf(Buffer.from(text)), size: 1 },
    ...(text && { platform }),
  };
}

const pick = (offered: readonly string[], wanted: Platform) =>
  offered.find(
    (text) => manifestFor(text).digest === pickPlatform(offered.map(manifestFor), wanted, "open x").digest,
  );

describe("pickPlatform", () => {
  const amd64 = { os: "linux", architecture: "amd64" };
  const arm64 = { os: "linux", architecture: "arm64" };

  test.each([
    ["the one of the platform", ["linux/arm64", "linux/amd64"], amd64, "linux/amd64"],
    ["a variant that all machines run", ["linux/arm/v7", "linux/arm64/v8"], arm64, "linux/arm64/v8"],
    ["the plain one before faster ones", ["linux/amd64/v3", "linux/amd64/v1"], amd64, "linux/amd64/v1"],
    ["the first of several", ["linux/amd64", "linux/amd64/v1"], amd64, "linux/amd64"],
    ["one without a platform, if no other fits", ["", "linux/arm64"], amd64, ""],
    ["its own before one without a platform", ["", "linux/amd64"], amd64, "linux/amd64"],
  ])("%s", (_, offered, wanted, expected) => {
    expect(pick(offered, wanted)).toBe(expected);
  });

  test("names what there is, but for attestations", () => {
    const offered = ["linux/s390x", "linux/amd64/v3", "unknown/unknown", "linux/s390x"];
    expect(() => pick(offered, amd64)).toThrow(
      "open x: not built for linux/amd64, only for linux/amd64/v3, linux/s390x; build it for linux/amd64",
    );
    expect(() => pickPlatform([], amd64, "open x")).toThrow("only for nothing;");
  });
});
