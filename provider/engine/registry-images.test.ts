import { expect, test } from "@jest/globals";
import { type Client, ConstellationError, type ErrorCode, UNKNOWN } from "../../contract/index.ts";
import { resolveAlways } from "./registry-images.ts";
import type { Connections } from "./types.ts";
import type { Properties } from "./values.ts";

const held = `sha256:${"a".repeat(64)}`;
const moved = `sha256:${"b".repeat(64)}`;
const image = "r.example/app:1";
const credentials = [{ registry: "r.example", secret: "login" }];

/** What a check makes of the inputs where the agent answers with this digest, or with an error of this code. */
async function check(inputs: Properties, answer: string, old: Properties = {}, place: Properties = {}) {
  const warnings: string[] = [];
  const questions: unknown[] = [];
  const resolveImage: Client["resolveImage"] = async (question) => {
    questions.push(question);
    if (answer.startsWith("sha256:")) return answer;
    throw new ConstellationError(answer as ErrorCode, "find image: why");
  };
  const connections = {
    to: async () => ({ client: { resolveImage }, clusterId: "c" }),
  } as unknown as Connections;
  const about = {
    place: { namespace: "shop", ...place },
    old,
    warn: (message: string) => void warnings.push(message),
  };
  const given = { image, pullPolicy: "always", ...inputs };
  const { inputs: completed, violations } = await resolveAlways(given, about, connections);
  return { digest: completed.imageDigest, violations, warnings, questions };
}

test("always: what the tag names now is an input", async () => {
  expect(await check({}, moved, { image, imageDigest: held })).toMatchObject({ digest: moved, warnings: [] });
  const { questions } = await check({ imageCredentials: credentials }, moved);
  expect(questions).toEqual([{ namespace: "shop", image, imageCredentials: credentials }]);
});

test.each([
  ["another policy", { pullPolicy: "missing" }],
  ["no policy", { pullPolicy: undefined }],
  ["a local image", { image: "oci:web" }],
  ["a reference with a digest", { image: `r.example/app@${held}` }],
  ["an image that is not known yet", { image: UNKNOWN }],
  ["a secret that is not known yet", { imageCredentials: [{ registry: "r.example", secret: UNKNOWN }] }],
  ["what is no reference", { image: "R:::" }],
])("%s asks nobody and changes nothing", async (_, inputs) => {
  expect(await check(inputs, moved)).toEqual({
    ...{ digest: undefined, violations: [], warnings: [], questions: [] },
  });
});

test("a pinned digest stays", async () => {
  expect(await check({ imageDigest: held }, moved)).toMatchObject({ digest: held, questions: [] });
});

test.each([
  ["a silent registry", "image-unreachable", {}, 1],
  ["a silent cluster", "unreachable", {}, 0],
  ["an unknown cluster", moved, { cluster: UNKNOWN }, 0],
] as const)(
  "%s leaves what the engine holds, of the same reference alone",
  async (_, answer, place, told) => {
    const old = { image, imageDigest: held };
    const kept = await check({}, answer, old, place);
    expect(kept).toMatchObject({ digest: held, violations: [] });
    expect(kept.warnings).toHaveLength(told);
    expect(await check({}, answer, { ...old, image: "r.example/app:0" }, place)).toMatchObject({
      digest: undefined,
      violations: [],
    });
  },
);

test("a wrong name is a mistake of the program; a Secret may be about to be corrected", async () => {
  const mistake = [{ path: "image", reason: "find image: why" }];
  expect(await check({}, "image-missing")).toMatchObject({ violations: mistake });
  expect(await check({}, "image-denied")).toMatchObject({ violations: mistake });
  expect(
    await check({ imageCredentials: credentials }, "image-denied", { image, imageDigest: held }),
  ).toEqual(expect.objectContaining({ digest: undefined, violations: [], warnings: [] }));
});
