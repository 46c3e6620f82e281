import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { findPlaces, languages, programFiles, projectName, pulumiVersion, writeFolder } from "./index.ts";

const root = join(import.meta.dirname, "..", "..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scaffold-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const blueprint = {
  ...{ project: "shop", sdk: "/clone/sdk/nodejs", plugins: "/clone/dist/bin" },
  image: "oci:/clone/.images:busybox",
};

test.each(languages)("a %s program makes the cluster only where it is asked to", (language) => {
  const text = (withCluster: boolean) =>
    Object.values(programFiles({ ...blueprint, language, withCluster })).join("\n");
  expect(text(true)).toMatch(/constellation[.:]Cluster/);
  expect(text(false)).not.toMatch(/constellation[.:]Cluster/);
  for (const place of ["/clone/dist/bin", "oci:/clone/.images:busybox"]) expect(text(false)).toContain(place);
  expect(text(true)).not.toContain("undefined");
});

test("a program is written for the Pulumi SDK that is tested here", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(dependencies["@pulumi/pulumi"]).toBe(pulumiVersion);
});

test.each([
  ["shop", "shop"],
  ["My Shop!", "my-shop"],
  ["--", "program"],
  ["x".repeat(80), "x".repeat(63)],
])("folder %s makes project %s", (name, project) => {
  expect(projectName(name)).toBe(project);
});

describe("a folder", () => {
  test("is made, or filled when it is empty", () => {
    mkdirSync(join(folder, "empty"));
    for (const name of ["empty", "new/deep"]) {
      writeFolder(join(folder, name), { "a.txt": "a" });
      expect(readFileSync(join(folder, name, "a.txt"), "utf8")).toBe("a");
    }
  });

  test("that holds something is left alone", () => {
    writeFileSync(join(folder, ".hidden"), "mine");
    expect(() => writeFolder(folder, { ".hidden": "theirs" })).toThrow(/is not empty/);
    expect(readFileSync(join(folder, ".hidden"), "utf8")).toBe("mine");
    expect(() => writeFolder(join(folder, ".hidden"), {})).toThrow(/is a file/);
  });
});

describe("places", () => {
  test("are found from the SDK's folder, or from this code's", () => {
    const sdk = join(folder, "sdk", "nodejs");
    mkdirSync(sdk, { recursive: true });
    writeFileSync(join(sdk, "package.json"), "{}");
    const nowhere = join(tmpdir(), "a", "b");
    expect(findPlaces({ CONSTELLATION_SDK: sdk }, nowhere).typescriptSdk).toBe(sdk);
    expect(findPlaces({}, join(folder, "dist", "cli"))).toEqual({
      ...{ typescriptSdk: sdk, pythonSdk: undefined, plugins: undefined, images: undefined },
    });
  });

  test("images are a layout with the one that the program names", () => {
    const layout = (name: string) =>
      JSON.stringify({ manifests: [{ annotations: { "org.opencontainers.image.ref.name": name } }] });
    writeFileSync(join(folder, "index.json"), layout("nginx"));
    expect(findPlaces({ CONSTELLATION_IMAGES: folder }, folder).images).toBeUndefined();
    writeFileSync(join(folder, "index.json"), layout("busybox"));
    expect(findPlaces({ CONSTELLATION_IMAGES: folder }, folder).images).toBe(folder);
  });
});
