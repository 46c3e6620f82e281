import { expect, test } from "@jest/globals";
import { ConstellationError, type ErrorCode } from "../../contract/index.ts";
import { createGate } from "../lib/gate.ts";
import type { Assignment } from "../session/index.ts";
import type { LifeEvent } from "./life.ts";
import { placesOf } from "./places.ts";
import { PullFailure } from "./pull.ts";
import { startWithImage } from "./start.ts";
import type { StepPorts } from "./steps.ts";
import type { Images } from "./types.ts";

const image = "registry.example:5000/app:1";
const missing = new ConstellationError("image-missing", "read blob: not on this host");
const placement = { ...({} as Assignment["placements"][number]), id: "app-0-1", specKey: "u/1" };

interface World {
  readonly inputs?: object;
  readonly secrets?: Assignment["secrets"];
  readonly pull: Images["pull"];
}

/** A start of an instance whose image is not here until `pull` resolves; the step after the image ends it. */
async function startOne({ inputs = {}, secrets = {}, pull }: World, gate = createGate(1)) {
  const events: LifeEvent[] = [];
  const words: string[] = [];
  let isHere = false;
  const bring = async () => {
    throw new ConstellationError("image-missing", "find image: not uploaded");
  };
  const images: Images = {
    async pull(...given) {
      await pull(...given);
      isHere = true;
    },
    bring: () => bring(),
    async resolve() {
      if (isHere) throw new Error("the image is here");
      throw missing;
    },
    unpack: async () => [],
  };
  const spec = {
    ...{ namespace: "shop", service: "app", imageDigest: `sha256:${"a".repeat(64)}`, minHealthyTimeMs: 0 },
    inputs: { image, pullPolicy: "missing", ...inputs },
  };
  const registries = { "registry.example:5000": { plainHttp: true } };
  const error = await startWithImage(
    {
      assignment: { specs: { "u/1": spec }, secrets, registries } as unknown as Assignment,
      placement,
      places: placesOf({ state: "/nowhere", runtime: "/nowhere" }, placement.id),
      closed: [],
      signal: new AbortController().signal,
      onEvent: (event) => void events.push(event),
      onProgress: (message) => void words.push(message),
    },
    { images, runtime: { expectStart() {} } } as unknown as StepPorts,
    gate,
  ).catch((caught: unknown) => caught);
  return { events, words, error };
}

test("an image that is missed is brought from its registry, with words about how far it is", async () => {
  const { events, words, error } = await startOne({
    async pull(reference, digest, access, { onProgress }) {
      expect(reference).toMatchObject({ registry: "registry.example:5000", repository: "app", tag: "1" });
      expect(digest).toBe(`sha256:${"a".repeat(64)}`);
      expect(access).toEqual({
        registries: { "registry.example:5000": { plainHttp: true } },
        credentials: { "registry.example:5000": { username: "ann", password: "p" } },
      });
      for (const done of [0, 1e6, 2e6, 12.34e6, 45e6]) onProgress({ done, total: 45e6 });
    },
    inputs: { imageCredentials: [{ registry: "registry.example:5000", secret: "key" }] },
    secrets: { "shop/key": { values: { username: "ann", password: "p" } } },
  });
  expect(events).toEqual([{ kind: "pulling" }, { kind: "pulling", image }, { kind: "pulling" }]);
  expect(words).toEqual([`pulling ${image}: 0.0 of 45.0 MB`, `pulling ${image}: 45.0 of 45.0 MB`]);
  expect(error).toMatchObject({ message: "the image is here" });
});

test("a pull that stalls holds up no other start", async () => {
  const gate = createGate(1);
  const pulling = Promise.withResolvers<void>();
  const stalled = Promise.withResolvers<void>();
  const first = startOne(
    {
      pull() {
        pulling.resolve();
        return stalled.promise;
      },
    },
    gate,
  );
  await pulling.promise;
  expect(await gate(async () => "started")).toBe("started");
  stalled.resolve();
  expect((await first).error).toMatchObject({ message: "the image is here" });
});

test.each<[ErrorCode, boolean]>([
  ["image-unreachable", false],
  ["host-unfit", false],
  ["image-denied", true],
  ["image-missing", true],
  ["image-invalid", true],
])("%s: waiting in vain is %s", async (code, isStuck) => {
  const { error } = await startOne({
    pull: async () => {
      throw new ConstellationError(code, "why");
    },
  });
  expect(error).toBeInstanceOf(PullFailure);
  expect(error).toMatchObject({ message: "why", isStuck });
});

test.each([
  ["never", { pullPolicy: "never" }, /pullPolicy is never; set it to missing$/],
  ["an image of a file", { image: "oci:web" }, /not uploaded$/],
  [
    "a secret that is gone",
    { imageCredentials: [{ registry: "r:1", secret: "gone" }] },
    /^find Secret shop\/gone: it is gone/,
  ],
])("%s asks nobody", async (_, inputs, message) => {
  const pull = async () => {
    throw new Error("asked");
  };
  const { error } = await startOne({ inputs, pull });
  expect(error).toMatchObject({ message: expect.stringMatching(message), isStuck: true });
});
