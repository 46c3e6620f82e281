import { expect, test } from "@jest/globals";
import type { Digest } from "../../contract/index.ts";
import type { Desired } from "../store/index.ts";
import { type ImagePlan, planImage } from "./image-plan.ts";

const [a, b]: Digest[] = [`sha256:${"a".repeat(64)}`, `sha256:${"b".repeat(64)}`];
const tag = "r.example/app:1";

function plan(inputs: object, earlier?: object): ImagePlan {
  const given = { image: tag, pullPolicy: "missing", ...inputs };
  const before = earlier && { image: tag, pullPolicy: "missing", ...earlier };
  const stored = before && ({ inputs: before, outputs: { imageDigest: a } } as unknown as Desired);
  return planImage({ inputs: given, sealed: given, earlier: stored });
}

test.each<[string, object, object | undefined, object]>([
  ["a tag of a new service", {}, undefined, { kind: "ask" }],
  ["a tag, nothing changed", {}, {}, { kind: "known", digest: a }],
  ["a tag, more replicas", { replicas: 3 }, {}, { kind: "known", digest: a }],
  ["a tag, another way to it", { imageCredentials: [] }, {}, { kind: "known", digest: a }],
  ["a tag, another environment", { env: { A: "1" } }, {}, { kind: "ask" }],
  ["another tag", { image: "r.example/app:2" }, {}, { kind: "ask" }],
  ["a tag that is no longer pinned", {}, { imageDigest: a }, { kind: "ask" }],
  ["always", { pullPolicy: "always" }, {}, { kind: "ask" }],
  ["a pinned tag", { imageDigest: b }, {}, { kind: "known", digest: b }],
  ["a digest", { image: `r.example/app@${b}` }, {}, { kind: "known", digest: b }],
  ["never, nothing changed", { pullPolicy: "never" }, {}, { kind: "stored", digest: a }],
  ["never, of a new service", { pullPolicy: "never" }, undefined, { kind: "stored", digest: undefined }],
  ["a file", { image: "oci:web", imageDigest: b }, {}, { kind: "uploaded", digest: b }],
  ["a file without its digest", { image: "oci:web" }, {}, { kind: "wrong" }],
  ["two digests", { image: `r.example/app@${b}`, imageDigest: a }, {}, { kind: "wrong" }],
  ["no reference", { image: "App:::" }, {}, { kind: "wrong" }],
])("%s", (_, inputs, earlier, expected) => expect(plan(inputs, earlier)).toMatchObject(expected));
