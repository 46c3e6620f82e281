import { describe, expect, test } from "@jest/globals";
import { workloadIdentity } from "./identity.ts";
import { referencesOf } from "./references.ts";

const inputs = {
  image: "oci:web",
  replicas: 1,
  env: { A: "1", B: { $secret: { digest: "d", sealed: "once" } } },
  secrets: [{ secret: "password", env: "P" }],
  configs: [{ config: "site", target: "/etc/site" }],
};
const contents: Record<string, string> = { password: "p1", site: "s1" };
const identity = (
  changes: object = {},
  more: Record<string, string | undefined> = {},
  imageDigest = "sha256:1",
) => workloadIdentity({ ...inputs, ...changes }, imageDigest, (_, name) => ({ ...contents, ...more })[name]);

describe("what makes a new revision", () => {
  test.each([
    ["env", { env: { A: "2" } }],
    ["a secret's value", { env: { A: "1", B: { $secret: { digest: "other", sealed: "x" } } } }],
    ["null for a list", { args: [] }],
  ])("%s", (_, changes) => expect(identity(changes)).not.toBe(identity()));

  test("the image's digest", () => expect(identity({}, {}, "sha256:2")).not.toBe(identity()));

  test("the content of what it names", () => expect(identity({}, { password: "p2" })).not.toBe(identity()));
});

describe("what does not", () => {
  test.each([
    ["replicas", { replicas: 9 }],
    ["the update policy", { update: { maxSurge: 3 } }],
    ["published ports", { ports: [{ port: 80, publish: 8080 }] }],
    ["labels and aliases", { labels: { a: "b" }, aliases: ["www"] }],
    ["the image's path, where its digest stays", { image: "oci:elsewhere" }],
    [
      "how its image comes here",
      { pullPolicy: "never", imageCredentials: [{ registry: "r:1", secret: "s" }] },
    ],
    ["sealing a secret again", { env: { B: { $secret: { sealed: "twice", digest: "d" } }, A: "1" } }],
    ["a field that is not given", { user: undefined }],
  ])("%s", (_, changes) => expect(identity(changes)).toBe(identity()));
});

test("references are found where they stand", () => {
  expect(referencesOf(inputs)).toMatchObject([
    { kind: "Secret", name: "password", path: "secrets[0].secret" },
    { kind: "ConfigFile", name: "site", path: "configs[0].config" },
  ]);
});
